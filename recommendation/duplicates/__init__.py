"""Copies: groups of pictures that are the same one, exactly or recompressed, resized, brightened, mirrored, rotated, cropped or framed."""
