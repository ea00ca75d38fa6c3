"""Scoring pictures for a person: the parts of a score, and the recommenders that are sums of them. Pure functions of arrays."""
