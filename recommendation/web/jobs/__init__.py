"""Query jobs over HTTP: the inbox of the volume, for those who cannot put files there."""
