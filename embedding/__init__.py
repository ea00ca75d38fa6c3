"""The embedding stage: reads `thumbnails`, writes `embeddings`, `categories` and `failures`; keeps the network in models/."""
