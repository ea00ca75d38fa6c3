"""What the four stages share: contracts, tables, catalog, Spark, images, features, models, settings."""
