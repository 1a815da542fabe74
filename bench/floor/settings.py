"""The floor: the least of Django that files a form with its document, and holds a place.

`make bench` measures the portal beside it, in the same run and behind the same web server.
"""

import os
from pathlib import Path

import environ

SECRET_KEY = "for-the-benchmark-alone"
ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES = {"default": {**environ.Env().db_url("DATABASE_URL"), "CONN_MAX_AGE": 60}}
INSTALLED_APPS = ["bench.floor"]
MIDDLEWARE = [
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
ROOT_URLCONF = "bench.floor.pages"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
    }
]
MEDIA_ROOT = Path(os.environ["DATA_DIR"]) / "floor"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
