"""Services of the open web as sources: each lists pictures with their licences; `acquisition.fetching` downloads them."""
