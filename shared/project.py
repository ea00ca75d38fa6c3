"""What the project consists of, and where its code is."""

from pathlib import Path

ROOMS = ("acquisition", "labeling", "embedding", "recommendation")
PACKAGES = (*ROOMS, "shared")
PROJECT = Path(__file__).resolve().parents[1]
