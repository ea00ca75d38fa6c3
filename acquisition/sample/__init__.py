"""The painters of the built-in sample: pictures drawn by code, their list and what is known of them."""
