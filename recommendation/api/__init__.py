"""The collection from Python: what `import imagerec` gives."""
