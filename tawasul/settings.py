"""The settings of the portal, read from the environment.

Production is the default: a missing setting that it needs stops the start with a message.
TAWASUL_DEMO=1 switches to the demo.
"""

import os
from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from tawasul import environment, logs
from tawasul.environment import DEMO, env, https_address, required, stop, switch, whole_number

BASE_DIR = Path(__file__).resolve().parent.parent

# The folder for all data that the portal writes: documents and, in the demo, the database.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))

SECRET_KEY = required(
    "SECRET_KEY",
    os.environ.get,  # django-environ would take a key that begins with $ for a variable name
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
        # Without recursive triggers, REPLACE would delete a row without firing its triggers.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
        "PRAGMA recursive_triggers=ON;",
    }
elif DATABASES["default"]["ENGINE"].endswith(".postgresql") and DATABASES["default"]["NAME"]:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
else:
    stop("DATABASE_URL has to name a PostgreSQL database")

LISTEN_DATABASE = environment.database("LISTEN_DATABASE_URL") or DATABASES["default"]

INSTALLED_APPS = [
    "modeltranslation",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "captcha",
    "csp",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "core.chores.apps.ChoresConfig",
    "core.submissions.apps.SubmissionsConfig",
    "core.messaging.apps.MessagingConfig",
    "core.catalogue.apps.CatalogueConfig",
    "core.accounts.apps.AccountsConfig",
    "requests_app.apps.RequestsConfig",
    "appointments.apps.AppointmentsConfig",
    "tawasul.portal.apps.PortalConfig",
    "tawasul.portal.apps.StaffConfig",
]

MIDDLEWARE = [
    "core.request_ids.give_request_id",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.CompressPages",
    "core.middleware.no_store",
    "core.middleware.keep_to_itself",
    "core.catalogue.public_pages.PublicPagesMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "core.middleware.refuse_bad_bytes",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "core.methods.MethodsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "core.accounts.signed_in.AuthenticationMiddleware",
    "core.accounts.idle.IdleMiddleware",
    "core.language_switch.LanguageSwitchMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "tawasul.urls"
WSGI_APPLICATION = "tawasul.wsgi.application"
WEB_PROCESSES, WEB_THREADS = whole_number("WEB_PROCESSES", 2), whole_number("WEB_THREADS", 4)

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "django.templatetags.i18n",
                "core.template_filters",
                "core.shown_fields",
                "tawasul.portal.page_tags",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tawasul.portal.context.page",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# People

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["core.accounts.lockout.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"core.accounts.password_validation.{name}Validator"}
    for name in ("PasswordLength", "GuessablePassword", "PersonalDataPassword")
]
PASSWORD_HASHERS = ["core.accounts.hashers.PasswordHasher"]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "portal:my-page", "accounts:signed-out"
OTP_TOTP_ISSUER = "Tawasul"
IDENTITY_CHECK_DIGIT = switch("IDENTITY_CHECK_DIGIT")
environment.refuse_old_names("BOOKING_MOST_", "BOOKING_MAX_")
BOOKING = environment.booking()
OFFER_HOURS, OFFER_HOURS_IN_RAMADAN = environment.offer_hours()
CODE_BUDGETS = environment.code_budgets()
IDLE_MINUTES = environment.idle_minutes()
DECISION_MINUTES = environment.decision_minutes()
INQUIRIES = environment.inquiry_days()
SECOND_READING_PERCENT = environment.second_reading_percent()
ASK_BACK_DAYS = environment.whole_number("ASK_BACK_DAYS", 14)
SESSION_ENGINE = "core.accounts.sessions"
REGISTRY = environment.dotted_path("REGISTRY", "core.accounts.registry.LocalRegistry")
REGISTRY_URL = https_address(
    "REGISTRY_URL", "the registry", needed=REGISTRY.endswith(".HttpRegistry")
)
REGISTRY_TOKEN = env.str("REGISTRY_TOKEN", default="")

CAPTCHA_CHALLENGE_FUNCT = "core.accounts.visual_code.challenge"
CAPTCHA_FILTER_FUNCTIONS = [
    "captcha.helpers.post_smooth",
    "core.accounts.visual_code.reduce_to_four_greys",
]
CAPTCHA_TIMEOUT, CAPTCHA_FONT_SIZE, CAPTCHA_IMAGE_SIZE = 10, 40, (220, 72)  # minutes, pixels

# Languages and times

LANGUAGES = [("ar", _("Arabic")), ("en", _("English"))]
LANGUAGE_CODE = "ar"
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "tawasul.formats"
TIME_ZONE = "Asia/Riyadh"
USE_TZ = True
PHONENUMBER_DEFAULT_REGION = "SA"

# Texts to mobiles, and mails

GATEWAYS = "core.messaging.gateways"
SMS_GATEWAY = environment.dotted_path(
    "SMS_GATEWAY", f"{GATEWAYS}.{'DemoPhone' if DEMO else 'HttpSms'}"
)
MAIL_GATEWAY = f"{GATEWAYS}.{'DemoPhone' if DEMO else 'Mail'}"
SMS_HTTP_URL = https_address(
    "SMS_HTTP_URL", "the SMS gateway", needed=SMS_GATEWAY.endswith(".HttpSms")
)
SMS_HTTP_TOKEN = env.str("SMS_HTTP_TOKEN", default="")
DEMO_PHONE_FILE = DATA_DIR / "demo-phone.jsonl"
if SMS_GATEWAY.endswith(".DemoPhone") and not DEMO:
    stop("SMS_GATEWAY names the demo's phone, choose another")
vars().update(environment.mail_server("MAIL_URL"))
EMAIL_TIMEOUT = 4  # seconds, for each network operation
SENDERS = whole_number("SENDERS", 8)
DEFAULT_FROM_EMAIL = required(
    "MAIL_FROM", env.str, "the address that mails come from", demo="tawasul@example.org"
)

# Files

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# The socket of the process that decodes documents.
DECODER_SOCKET = Path(env.str("DECODER_SOCKET", default=str(DATA_DIR / "decoder.sock")))

STORAGES = {
    **{
        name: {
            "BACKEND": "requests_app.storage.SyncedStorage",
            "OPTIONS": {
                "location": DATA_DIR / name,
                "base_url": None,
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }
        for name in ("private", "quarantine")
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
SCANNER = environment.scanner()

EXPORT_MAX_ROWS = whole_number("EXPORT_MAX_ROWS", 100_000, most=500_000)

# Safety

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        **{name: [SELF] for name in ("script-src", "style-src", "font-src", "connect-src")},
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURITY_TXT = environment.security_txt()
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_AGE = 4 * 60 * 60
COOKIE_PREFIX = "" if DEMO else "__Host-"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
MESSAGE_STORAGE = "core.cookies.MessageStorage"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = not DEMO
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 0 if DEMO else 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEMO
BEHIND_TLS_PROXY = switch("BEHIND_TLS_PROXY")
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_FAILURE_VIEW = "tawasul.portal.error_pages.csrf_failure"

# The rest

# In the memory of each process: public pages, four and one for each service in each language.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "TIMEOUT": 60 * 60,
        "OPTIONS": {"MAX_ENTRIES": 300},
    }
}
# SQLite leaves out the columns that an index holds beside its key, and is as right without them.
SILENCED_SYSTEM_CHECKS = ["models.W040"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING = logs.CONFIG
