"""Loaded by every Python process whose PYTHONPATH holds this folder: counts its crash points if a plan is given."""

import os

if "CHAOS_PLAN" in os.environ:
    from tests.chaos import points

    points.install(points.read_plan(os.environ["CHAOS_PLAN"]))
