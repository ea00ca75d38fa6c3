"""Answering: from a request to query pictures, features and the most similar pictures."""
