"""The built-in sample: which pictures it has, how they are stored and damaged, and their metadata."""
