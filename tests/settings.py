"""The product's settings but for two: searches have the patience of tests, and passwords are hashed quickly."""

from logviewer.settings import *  # noqa: F403
from logviewer.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.patience.Patience"]

# A good hash takes 0.1 s on purpose, and nearly every test makes somebody with a password.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
