"""What is seen and touched: one widget a file, plain values in, signals out, no kitchen rule."""
