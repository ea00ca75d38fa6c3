"""The map of a large made-up collection."""
