"""What the project consists of, and where its code is."""

from pathlib import Path

#: The rooms in the order of the pipeline; `shared` knows no more of them than their names.
ROOMS = ("acquisition", "labeling", "embedding", "recommendation")
PACKAGES = (*ROOMS, "shared")
PROJECT = Path(__file__).resolve().parents[1]
