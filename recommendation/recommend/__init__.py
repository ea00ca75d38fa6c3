"""Recommending pictures to people: what may be shown, in which order and why; online and for everybody in a batch."""
