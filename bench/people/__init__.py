"""Measurements of recommendations to people: quality, speed of one answer, and many people."""
