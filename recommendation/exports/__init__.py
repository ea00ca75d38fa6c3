"""The collection in the formats of other programs: a folder for each, written by Spark tasks."""
