"""Settings of the labeling stage."""

from dataclasses import dataclass

from shared import settings
from shared.settings import setting


@dataclass(frozen=True)
class Settings(settings.ExportSettings):
    """What it writes beside its tables."""

    features_csv: bool = setting(
        False, "write reports/features.csv, about 5 KB a picture; once there it is kept current"
    )
