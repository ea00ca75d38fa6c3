"""Notebooks: kept as Python files, executed into the reports of a volume."""
