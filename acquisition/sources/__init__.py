"""Sources: what `--source` may be, and the entries that each lists."""
