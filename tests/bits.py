"""Damage of one bit."""

import random


def flip_bit(data: bytes, bit: int) -> bytes:
    """The same bytes except for one bit, counted from the first byte's lowest bit; negative from the end."""
    flipped = bytearray(data)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)


def flip_random_bit(data: bytes, dice: random.Random) -> bytes:
    """The same bytes except for a random bit."""
    return flip_bit(data, dice.randrange(8 * len(data)))
