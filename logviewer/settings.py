"""Django's settings: one file, read from top to bottom. What an operator may change is in env.py."""

import hmac
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import dj_database_url
from csp.constants import NONE, SELF

from logviewer import env

BASE_DIR = Path(__file__).resolve().parent.parent
LOGVIEWER = env.read()

DEBUG = False
SECRET_KEY = LOGVIEWER.secret_key
ALLOWED_HOSTS = [LOGVIEWER.public_host, "localhost", "127.0.0.1", "[::1]", *LOGVIEWER.allowed_hosts]
CSRF_TRUSTED_ORIGINS = [LOGVIEWER.public_url]
ROOT_URLCONF = "logviewer.urls"
WSGI_APPLICATION = "logviewer.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "logviewer",
    "logviewer.accounts",
    "logviewer.store",
    "logviewer.viewer",
    "ingest",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "django_filters",
    "django_htmx",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "logviewer.middleware.MachineDoors",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "logviewer.posted.ReadInTime",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "logviewer.middleware.UserTimeZone",
    "django_htmx.middleware.HtmxMiddleware",
    "logviewer.middleware.SearchClient",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "logviewer.viewer.context.appearance",
            ],
        },
    }
]


# Databases: one server, three doors with a pool each, so that heavy searching cannot starve ingest or logins.

SEARCH_STATEMENT_TIMEOUT_MS = 15_000
# GIN collects entries and merges them when they fill this: at Postgres' 4 MB one batch now and then takes 0.5 s longer.
INGEST_GIN_PENDING_KB = 512
INGEST_LOCK_TIMEOUT_MS = 5_000  # then the sender is told 503: waiting batches would take all connections


def _pooled(url: str, *, most: int, options: str = "") -> dict[str, Any]:
    """Django's settings for `url` with a pool of at most `most` connections; waits 5 s for one, then fails."""
    settings: dict[str, Any] = dict(dj_database_url.parse(url, engine="logviewer.store.postgres"))
    settings["OPTIONS"] = {
        **settings.get("OPTIONS", {}),
        "pool": {"min_size": 0, "max_size": most, "timeout": 5, "max_idle": 120},
        "application_name": "logviewer",
        "connect_timeout": 5,
    }
    if options:
        settings["OPTIONS"]["options"] = options
    return settings


def _login_url(url: str, secret_key: str, work: str) -> str:
    """`url` with the login of `work`, whose password follows from the secret key (store.logins makes it)."""
    parts = urlsplit(url)
    login = quote(f"{parts.path.lstrip('/') or 'logviewer'}_{work}", safe="")
    password = hmac.digest(secret_key.encode(), f"logviewer {work} login".encode(), "sha256").hex()
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{login}:{password}@{address}"))


_DATABASE_URL = LOGVIEWER.database_url or "postgres://logviewer@localhost/logviewer"
DATABASES = {
    "default": _pooled(_DATABASE_URL, most=10),
    "ingest": _pooled(
        LOGVIEWER.ingest_database_url or _login_url(_DATABASE_URL, SECRET_KEY, "ingest"),
        most=8,
        options=f"-c synchronous_commit=on -c lock_timeout={INGEST_LOCK_TIMEOUT_MS}"
        f" -c gin_pending_list_limit={INGEST_GIN_PENDING_KB}",
    ),
    "search": _pooled(
        LOGVIEWER.search_database_url or _login_url(_DATABASE_URL, SECRET_KEY, "search"),
        most=12,
        options=f"-c default_transaction_read_only=on -c statement_timeout={SEARCH_STATEMENT_TIMEOUT_MS}",
    ),
}
DATABASE_ROUTERS = ["logviewer.store.router.MigrateDefaultOnly"]

CACHES = {
    # allauth counts failed logins here, so the counts must be shared by all web processes, and be so many that made-up
    # logins cannot push them out.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "logviewer_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}


# Jobs: three thousand a day would be kept, with three events each.

PROCRASTINATE_WORKER_DEFAULTS = {"delete_jobs": "successful"}


# Accounts

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_REDIRECT_URL = "events"
LOGIN_URL = "account_login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600  # seconds a set-password link lives

ACCOUNT_ADAPTER = "logviewer.accounts.adapter.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # the set-password link already proves the address
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ALLAUTH_TRUSTED_PROXY_COUNT = LOGVIEWER.trusted_proxy_count

SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"


# Security headers

SECURE_SSL_REDIRECT = LOGVIEWER.redirects_to_https
SECURE_REDIRECT_EXEMPT = [r"^ingest/", r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if LOGVIEWER.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = LOGVIEWER.https
SECURE_HSTS_PRELOAD = LOGVIEWER.https
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LOGVIEWER.https
if LOGVIEWER.trusted_proxy_count:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    }
}


# Files, language, time

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # served from static/ as it is: nothing to collect before a start
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
# A language is named here once its catalogue is whole: the browser's first one of these is shown, otherwise English.
LANGUAGES = [("en", "English"), ("es", "español")]
LOCALE_PATHS = [BASE_DIR / "locale"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "stream": sys.stderr}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # Connections are closed on purpose, after large bodies (ingest.memory), and another is made: nothing to warn of.
    "filters": {
        "no_discarded": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: not record.msg.startswith("discarding closed connection"),
        }
    },
    "loggers": {
        # It names a setting of Django's, below a traceback; logviewer.unexpected names ours.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "psycopg.pool": {"filters": ["no_discarded"]},
    },
}
TEST_RUNNER = "django.test.runner.DiscoverRunner"
