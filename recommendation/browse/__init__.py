"""Browsing without a query picture: lists of the collection's pictures, and how many have each value of their metadata."""
