"""Reads images, thumbnails, features and embeddings; writes index generations and answers."""
