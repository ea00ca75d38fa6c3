"""What is done to the pipeline on purpose: one module for each kind of disturbance."""
