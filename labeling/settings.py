"""Settings of the labeling stage."""

from dataclasses import dataclass

from shared import settings
from shared.settings import setting


@dataclass(frozen=True)
class Settings(settings.ExportSettings):
    """Settings of the stage."""

    features_csv: bool = setting(
        False, "write reports/features.csv, about 5 KB a picture; once there it is kept current"
    )
    charts: bool = setting(True, "draw reports/charts, what the collection and its people are like; `no` saves seconds")
