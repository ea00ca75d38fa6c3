"""Reads the index; writes MAP, CLUSTERS, the map as a picture and the map to explore."""
