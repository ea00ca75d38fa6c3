"""What the project consists of, and where its code is."""

from pathlib import Path

#: The stages in the order of the pipeline; `shared` knows no more of them than their names.
STAGES = ("acquisition", "labeling", "embedding", "recommendation")
PACKAGES = (*STAGES, "shared")
PROJECT = Path(__file__).resolve().parents[1]
