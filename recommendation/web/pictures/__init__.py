"""Stored pictures over HTTP: metadata, details and thumbnails in the size that a page shows."""
