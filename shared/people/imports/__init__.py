"""Files that hold people's opinions: one reader for each format, and the import itself."""
