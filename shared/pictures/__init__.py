"""Pictures: file bytes to thumbnails, thumbnails to features, features to distances."""
