"""Downloads what sources of the web list: politely, safely, each picture once. Reads candidates, writes FETCHES and originals."""
