"""Pretrained networks: where each comes from, how it gets the common inputs and outputs, and its int8 copy."""
