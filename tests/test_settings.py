"""The settings that production requires: the start stops with a reason where one is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ALL_SET = {
    "SECRET_KEY": "k" * 50,
    "ALLOWED_HOSTS": "example.org,www.example.org",
    "DATABASE_URL": "postgres://somebody:secret@db.example.org/tawasul",
    "SMS_HTTP_URL": "https://sms.example.org/send",
    "MAIL_URL": "smtp+tls://tawasul:secret@mail.example.org:587",
    "MAIL_FROM": "tawasul@example.org",
}
SECRET_KEY = "set SECRET_KEY, a long random text known to nobody"
ALLOWED_HOSTS = "set ALLOWED_HOSTS, the host names that the portal answers to, separated by commas"
DATABASE_URL = (
    "set DATABASE_URL, the address of the database, as postgres://user:password@host/name"
)
SMS_HTTP_URL = "set SMS_HTTP_URL, the https:// address of the SMS gateway"
REGISTRY_URL = "set REGISTRY_URL, the https:// address of the registry"
MAIL_URL = "set MAIL_URL, the address of the mail server, as smtp+tls://user:password@host:587"
MAIL_FROM = "set MAIL_FROM, the address that mails come from"
POSTGRESQL = "DATABASE_URL has to name a PostgreSQL database"
TOO_SHORT = "SECRET_KEY is shorter than 50 characters, make a longer one"


def start(command="import tawasul.settings", **changes):
    """Start with these settings and no others; return the error output, empty on success."""
    changes = {**ALL_SET, **changes}
    environment = {name: value for name, value in changes.items() if value is not None}
    result = subprocess.run(
        [sys.executable, "-c", command],
        cwd=ROOT,
        env={"PATH": os.defpath, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (result.returncode == 0) == (result.stderr == "")
    return result.stderr


def told(reason):
    return f"Tawasul cannot start: {reason}. README.md lists all settings.\n"


def test_complete_settings_start():
    assert start() == ""


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("SECRET_KEY", SECRET_KEY),
        ("ALLOWED_HOSTS", ALLOWED_HOSTS),
        ("DATABASE_URL", DATABASE_URL),
        ("SMS_HTTP_URL", SMS_HTTP_URL),
        ("MAIL_URL", MAIL_URL),
        ("MAIL_FROM", MAIL_FROM),
    ],
)
def test_missing_setting_is_named(name, sentence, value):
    assert start(**{name: value}) == told(sentence)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SECRET_KEY", "k" * 49, TOO_SHORT),
        ("DATABASE_URL", "sqlite:////tmp/db.sqlite3", POSTGRESQL),
        ("DATABASE_URL", "mysql://db.example.org/tawasul", POSTGRESQL),
        ("SMS_HTTP_URL", "http://sms.example.org/send", SMS_HTTP_URL),
        ("SMS_HTTP_URL", "sms.example.org", SMS_HTTP_URL),
        ("MAIL_URL", "mail.example.org", MAIL_URL),
        ("REGISTRY", "core.accounts.registry.HttpRegistry", REGISTRY_URL),
    ],
)
def test_unsuitable_setting_is_explained(name, value, sentence):
    assert start(**{name: value}) == told(sentence)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "postgres://"),
        ("DATABASE_URL", "postgres://db.example.org:port/tawasul"),
        ("ALLOWED_HOSTS", ","),
        ("ALLOWED_HOSTS", " "),
        ("TAWASUL_DEMO", "perhaps"),
        ("IDENTITY_CHECK_DIGIT", "perhaps"),
        ("BEHIND_TLS_PROXY", "perhaps"),
    ],
)
def test_unreadable_setting_stops_start(name, value):
    said = start(**{name: value})
    assert "Traceback" not in said
    last = said.strip().rpartition("\n")[2]
    assert last.startswith("Tawasul cannot start: ")
    assert name in last


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("SMS_GATEWAY", "no.such.Gateway"),
        ("SMS_GATEWAY", "core.messaging.gateways.Pigeon"),
        ("REGISTRY", "no.such.Registry"),
        ("REGISTRY", "core.accounts.registry.CardIndex"),
    ],
)
def test_a_class_that_does_not_exist_stops_the_start(name, path):
    setup = "import django; django.setup()"
    said = start(setup, DJANGO_SETTINGS_MODULE="tawasul.settings", **{name: path})
    assert f"{name} cannot be used: " in said.splitlines()[-1]


def test_secret_key_is_taken_literally():
    secret = "$" + "k" * 60
    check = f"import tawasul.settings as s; assert s.SECRET_KEY == {secret!r}"
    assert start(check, SECRET_KEY=secret) == ""


def test_default_is_production_with_https_only():
    check = (
        "import tawasul.settings as s; assert not s.DEMO; assert s.SECURE_SSL_REDIRECT; "
        "assert s.SESSION_COOKIE_SECURE; assert s.CSRF_COOKIE_SECURE; "
        "assert s.SECURE_HSTS_SECONDS >= 365 * 24 * 60 * 60; "
        "assert not getattr(s, 'DEBUG', False)"
    )
    assert start(check) == ""


def test_only_demo_starts_without_settings():
    nothing = dict.fromkeys(ALL_SET)
    check = "import tawasul.settings as s; assert 'sqlite3' in s.DATABASES['default']['ENGINE']"
    assert start(check, **nothing, TAWASUL_DEMO="1") == ""
    assert start(check, **nothing, TAWASUL_DEMO="0").startswith("Tawasul cannot start: ")


def test_demo_pages_are_absent_in_production():
    check = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "tawasul.settings"
django.setup()
from django.urls import Resolver404, resolve
resolve("/healthz")
try:
    resolve("/demo/phone/")
except Resolver404:
    pass
else:
    raise SystemExit("the demo phone is reachable")
"""
    assert start(check) == ""


def test_django_deployment_check_is_silent():
    environment = {**os.environ, **ALL_SET, "SECRET_KEY": "aB3$xY9!" * 10, "TAWASUL_DEMO": ""}
    result = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.stdout == "System check identified no issues (0 silenced).\n"


def test_settings_file_stays_short():
    lines = (ROOT / "tawasul" / "settings.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 275


@pytest.mark.parametrize("name", ["OPERATIONS", "HOLDS", "CHANGES_A_DAY"])
def test_old_setting_name_stops_the_start(name):
    old, new = f"BOOKING_MOST_{name}", f"BOOKING_MAX_{name}"
    assert start(**{old: "4"}) == told(f"{old} is called {new} now, rename it")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("REGISTRY", "accounts.registry.LocalRegistry"),
        ("SMS_GATEWAY", "messaging.gateways.Console"),
    ],
)
def test_former_class_path_stops_start(name, path):
    assert start(**{name: f"core.{path}"}) == ""
    reason = f"{name} names tawasul.{path}, write core.{path}"
    assert start(**{name: f"tawasul.{path}"}) == told(reason)
