"""Django's settings of the Learning Platform API: one file, read from top to bottom."""

import logging
import os
import sys
from importlib.util import find_spec
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
if find_spec("logviewer_client") is None:
    # In a checkout the client is not installed, only there.
    sys.path.append(os.fspath(BASE_DIR / "client" / "src"))

from LearningAPI import database, env  # noqa: E402
from logviewer_client import configure  # noqa: E402

LEARNINGAPI = env.read()

DEBUG = LEARNINGAPI.debug
SECRET_KEY = LEARNINGAPI.secret_key
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", LEARNINGAPI.host, *LEARNINGAPI.allowed_hosts]
ROOT_URLCONF = "LearningAPI.demo.urls" if LEARNINGAPI.demo else "LearningAPI.urls"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"

INSTALLED_APPS = [
    "LearningAPI",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
]

MIDDLEWARE = [
    # First, so that every line of a request carries its id: also those of early refusals.
    "LearningAPI.middleware.logging_middleware.LoggingMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True  # the admin's files, straight from where they are installed

DATABASES = {"default": database.connection_settings(LEARNINGAPI.database_url)}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator")
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["LearningAPI.authentication.LoggedTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["LearningAPI.parsers.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "LearningAPI.errors.answer",
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS = {"TITLE": "Learning Platform API", "VERSION": "1", "SERVE_INCLUDE_SCHEMA": False}

# Logging. For people in development, JSON on stdout in production; shipped wherever LOGVIEWER_URL and LOGVIEWER_KEY say
# to where. Django leaves logging alone: set up twice, every line of its own would be printed twice.
LOGGING_CONFIG = None
configure(service=LEARNINGAPI.service, level="INFO", console=LEARNINGAPI.console)
logging.getLogger("LearningAPI").setLevel(logging.DEBUG)

LOGVIEWER_SKIP_PATHS = ("/static/", "/media/", "/healthz")  # good requests to these are no events; errors always are
SLOW_QUERY_MS = LEARNINGAPI.slow_query_ms
LOG_STUDENT_NAMES = LEARNINGAPI.log_student_names
