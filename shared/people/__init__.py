"""People: who likes which picture. A transactional store, the events that fill it, and the files they come from."""
