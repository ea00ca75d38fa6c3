"""Who may do what, how often, and how answers travel: middleware before the routes."""
