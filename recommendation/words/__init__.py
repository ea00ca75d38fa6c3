"""Words: what a picture is called by its tags, title, file name and categories, and which pictures fit a text best (BM25)."""
