"""Codecs: which formats are opened, and how files are repaired, measured and read with Pillow, libheif and LibRaw."""
