"""The embedding room: reads `thumbnails`, writes `embeddings`, `categories` and `failures`; keeps the network in models/."""
