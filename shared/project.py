"""What the project consists of, and where its code is."""

from pathlib import Path

VERSION = "0.1.0"
#: The stages in the order of the pipeline.
STAGES = ("acquisition", "labeling", "embedding", "recommendation")
PACKAGES = (*STAGES, "shared")
PROJECT = Path(__file__).resolve().parents[1]
