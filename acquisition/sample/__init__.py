"""The built-in sample: reads nothing, writes a folder of pictures drawn by code, their list and their truth."""

from acquisition.sources.sample import LIST_NAME, TRUTH_NAME, draw_sample, is_complete

__all__ = ["LIST_NAME", "TRUTH_NAME", "draw_sample", "is_complete"]
