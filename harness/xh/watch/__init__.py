"""A run that is followed from another process: its state read from files of the store, a page, a server."""
