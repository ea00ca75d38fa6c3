"""The index: what a generation is made of, how it is built, stored and searched."""
