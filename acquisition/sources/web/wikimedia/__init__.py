"""Wikimedia Commons, and any other MediaWiki with the same API."""
