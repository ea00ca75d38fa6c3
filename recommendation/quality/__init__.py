"""Quality of recommendations: metrics, and the evaluation that leaves likes out and looks for them."""
