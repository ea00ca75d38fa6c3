"""Charts of the collection and of its people: reads totals, labels and profiles, writes reports/charts."""
