"""The volume: where things are on it, how files become durable, and who may write."""
