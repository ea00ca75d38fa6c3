"""The map to explore: what the page at /map needs, as files under reports/map/."""
