"""Orientation and size category of a picture, by the length of its sides."""

SQUARE_TOLERANCE = 0.05  # a picture is square when its longer side is at most 5 % longer than the other
MEDIUM_PX, LARGE_PX = 500, 1500  # of the longer side


def orientation(width_px: int, height_px: int) -> str:
    """landscape, portrait or square."""
    if max(width_px, height_px) <= (1 + SQUARE_TOLERANCE) * min(width_px, height_px):
        return "square"
    return "landscape" if width_px > height_px else "portrait"


def size_category(width_px: int, height_px: int) -> str:
    """thumbnail, medium (500 to 1500 px, both included) or large, by the longer side."""
    longer = max(width_px, height_px)
    if longer < MEDIUM_PX:
        return "thumbnail"
    return "medium" if longer <= LARGE_PX else "large"
