"""The labeling stage: reads `images` and `thumbnails`, writes `labels`, `features`, `totals` and images_labels.json."""
