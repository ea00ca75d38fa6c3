"""Where things are on a volume: keys and key prefixes. Nothing else joins these names."""

TABLES = "tables"  # Parquet parts, manifests and the snapshot that names them
WORK = "work"  # unfinished work of the running stage, with tables of its own; never read by another stage
IMAGES = "images"  # originals that acquisition made or downloaded
FETCHING = "fetching"  # journals of downloads that are not published yet, and what hosts asked for
INDEX = "index"  # index generations and CURRENT, which names the live one
MAP = "map"  # the pictures that the map was fitted on, and small thumbnails for the map to explore
MODELS = "models"  # ONNX models, each named by its SHA-256
DUPLICATES = "duplicates"  # pairs of pictures that are copies of each other, and what people say of them
REPORTS = "reports"  # files made for people: CSV, pictures
CHARTS = "reports/charts"  # charts of the collection and a page with them
INBOX = "queries/inbox"  # query jobs waiting for an answer
ANSWERS = "queries/answers"
CATALOG = "catalog.duckdb"  # derived from the tables
