"""The commands about people: what they like, who they are, what they might like next."""
