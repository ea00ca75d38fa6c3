"""What the four rooms share: contracts, tables, catalog, Spark, images, features, models, settings."""
