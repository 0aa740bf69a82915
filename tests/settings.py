"""The product's settings with one application more, which has the patience that tests on a busy machine need."""

from logviewer.settings import *  # noqa: F403
from logviewer.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.patience.Patience"]
