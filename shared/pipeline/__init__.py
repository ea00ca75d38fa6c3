"""Stages and slices: what a stage lacks, what it did, and how stages run one after the other."""
