"""The report about a collection: reads tables, index and charts, writes reports/report.pdf."""
