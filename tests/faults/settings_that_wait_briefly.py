"""The product's settings, but for one: Postgres' absence is told after a second, not after five."""

from logviewer.settings import *  # noqa: F403
from logviewer.settings import DATABASES

for _database in DATABASES.values():
    _database["OPTIONS"]["pool"]["timeout"] = 1
