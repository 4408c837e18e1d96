"""Keys and certificates of the server's socket: made, kept in a folder, loaded anew; it opens no socket."""
