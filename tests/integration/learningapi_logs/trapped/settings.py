"""The service's own settings; only its addresses are more."""

from LearningAPI.settings import *  # noqa: F403

ROOT_URLCONF = "tests.integration.learningapi_logs.trapped.urls"
