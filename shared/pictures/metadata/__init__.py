"""Metadata in and beside picture files: EXIF, XMP, IPTC and sidecars, made safe to store and show."""
