"""The stage acquisition: reads a source of pictures, writes the tables images, thumbnails, locations and failures."""
