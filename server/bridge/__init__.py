"""The way to the Bergizi-ID platform: tells it what the log says, and brings its words to the desk."""
