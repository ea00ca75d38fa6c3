"""Measurements, never tests: what the pipeline costs and where the time goes. `python -m bench --help`."""
