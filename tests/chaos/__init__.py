"""Kill and break the pipeline on purpose, run it again, and compare with a run that nobody disturbed."""
