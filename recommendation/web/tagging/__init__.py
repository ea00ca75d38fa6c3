"""Tags by hand over HTTP."""
