"""The pages that people use: Jinja2 templates and the files that they load."""

from recommendation.web.pages.assets import ABOUT, ONE_YEAR, TEMPLATES, TITLE, VERSION, Assets, mount_assets, theme_of

__all__ = ["ABOUT", "ONE_YEAR", "TEMPLATES", "TITLE", "VERSION", "Assets", "mount_assets", "theme_of"]
