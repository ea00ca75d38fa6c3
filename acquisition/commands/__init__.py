"""Commands about sources and the pictures that they brought."""
