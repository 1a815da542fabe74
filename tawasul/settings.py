"""Everything that can be set, read from the environment.

Production is the default: what it needs and does not find stops the start with a sentence.
TAWASUL_DEMO=1, which only `make run` and `make test` set, allows the demo instead.
"""

import os
import sys
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()


def stop(reason):
    sys.exit(f"Tawasul cannot start: {reason}. README.md lists all settings.")


def switch(name):
    """Whether the setting `name` is on; without it, off."""
    value = env.str(name, default="0")
    return value == "1" if value in ("", "0", "1") else stop(f"{name} has to be 1 or 0")


DEMO = switch("TAWASUL_DEMO")

# Where everything lies that the portal writes: documents and, for the demo, the database.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))


def required(name, read, meaning, demo):
    """The setting `name`; without it the demo goes on and anything else stops."""
    given = os.environ.get(name, "")
    if DEMO and not given:
        return demo
    try:
        value = given and read(name)
    except (ImproperlyConfigured, ValueError, KeyError):
        value = None
    return value or stop(f"set {name}, {meaning}")


SECRET_KEY = required(
    "SECRET_KEY",
    os.environ.get,  # django-environ would read a key that begins with $ as the name of another
    "a long random text known to nobody",
    demo="for-the-demo-alone-and-known-to-everybody-who-reads-this-file",
)
if not DEMO and len(SECRET_KEY) < 50:
    stop("SECRET_KEY is shorter than 50 characters, make a longer one")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = required(
    "ALLOWED_HOSTS",
    lambda name: [host.strip() for host in env.list(name) if host.strip()],
    "the host names that the portal answers to, separated by commas",
    demo=["localhost", "127.0.0.1", "[::1]", "testserver", env.str("HOST", default="localhost")],
)
DATABASES = {
    "default": required(
        "DATABASE_URL",
        env.db_url,
        "the address of the database, as postgres://user:password@host/name",
        demo={"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "db.sqlite3"},
    )
}
if DEMO and DATABASES["default"]["ENGINE"].endswith(".sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Without recursive triggers, REPLACE would delete a row past its triggers.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
        "PRAGMA recursive_triggers=ON;",
    }
elif DATABASES["default"]["ENGINE"].endswith(".postgresql") and DATABASES["default"]["NAME"]:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
else:
    stop("DATABASE_URL has to name a PostgreSQL database")

INSTALLED_APPS = [
    "modeltranslation",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "tawasul.messaging.apps.MessagingConfig",
    "tawasul.catalogue.apps.CatalogueConfig",
    "tawasul.accounts.apps.AccountsConfig",
    "requests_app.apps.RequestsConfig",
    "tawasul.portal.apps.PortalConfig",
    "tawasul.portal.apps.StaffConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "tawasul.http.no_store",
    "django.middleware.locale.LocaleMiddleware",
    "tawasul.http.refuse_bad_bytes",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "tawasul.urls"
WSGI_APPLICATION = "tawasul.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n", "tawasul.display"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tawasul.portal.context.page",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# People

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["tawasul.accounts.backends.UsernameOrIdentityNumber"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "portal:my-page"
LOGOUT_REDIRECT_URL = "portal:home"
OTP_TOTP_ISSUER = "Tawasul"
IDENTITY_CHECK_DIGIT = switch("IDENTITY_CHECK_DIGIT")

# Languages and times

LANGUAGES = [("ar", _("Arabic")), ("en", _("English"))]
LANGUAGE_CODE = "ar"
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "tawasul.formats"
TIME_ZONE = "Asia/Riyadh"
USE_TZ = True
PHONENUMBER_DEFAULT_REGION = "SA"

# Texts to mobiles

SMS_GATEWAY = env.str(
    "SMS_GATEWAY",
    default=f"tawasul.messaging.gateways.{'DemoPhone' if DEMO else 'HttpSms'}",
)
SMS_HTTP_URL = env.str("SMS_HTTP_URL", default="")
SMS_HTTP_TOKEN = env.str("SMS_HTTP_TOKEN", default="")
DEMO_PHONE_FILE = DATA_DIR / "demo-phone.jsonl"
if SMS_GATEWAY.endswith(".HttpSms") and not SMS_HTTP_URL.startswith("https://"):
    stop("set SMS_HTTP_URL, the https:// address of the SMS gateway")
if SMS_GATEWAY.endswith(".DemoPhone") and not DEMO:
    stop("SMS_GATEWAY names the demo's phone, choose another")

# Files

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "private": {
        "BACKEND": "requests_app.storage.SyncedStorage",
        "OPTIONS": {
            "location": DATA_DIR / "private",
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Safety

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "img-src": [SELF, "data:"],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_AGE = 4 * 60 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = not DEMO
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 0 if DEMO else 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEMO
if switch("BEHIND_TLS_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_FAILURE_VIEW = "tawasul.portal.views.csrf_failure"

# The rest

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"django": {"handlers": [], "level": "WARNING", "propagate": True}},
}
