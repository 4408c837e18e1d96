"""The frames that cross the wire and the one place that turns them into bytes and back."""
