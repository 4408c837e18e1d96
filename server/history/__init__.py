"""A follower of the log that keeps tables of the past and answers questions about it."""
