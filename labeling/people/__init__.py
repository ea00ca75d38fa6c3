"""What people like, from the store of likes: the tables likes, profiles and patterns, users.json, reports/patterns.json."""
