"""How a query ranks the pictures of an open index."""
