"""How the service and the pipeline behind it are doing: runs, failures, sources, measurements."""
