"""The map to explore over HTTP: its page, its files and what the page asks."""
