"""The settings that production requires: the start stops with a reason where one is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALL_SET = {
    "SECRET_KEY": "k" * 50,
    "ALLOWED_HOSTS": "example.org,www.example.org",
    "DATABASE_URL": "postgres://somebody:secret@db.example.org/tawasul",
    "SMS_HTTP_URL": "https://sms.example.org/send",
    "MAIL_URL": "smtp+tls://tawasul:secret@mail.example.org:587",
    "MAIL_FROM": "tawasul@example.org",
    "SCANNER": "clamd+unix:///run/clamav/clamd.ctl",
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
SCANNER = (
    "set SCANNER, the virus scanner, as clamd+unix:///run/clamav/clamd.ctl or clamd+tcp://host:3310"
)
NO_SCANNER = "SCANNER is none, which is for the demo alone; name a virus scanner"
POSTGRESQL = "DATABASE_URL has to name a PostgreSQL database"
TOO_SHORT = "SECRET_KEY is shorter than 50 characters, make a longer one"


# One process reads many settings, one after the other, as each start of Python takes its time.
STARTS = """
import json, os, sys
told = []
for environment in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(environment)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tawasul"]:
        del sys.modules[name]
    try:
        import tawasul.settings
    except SystemExit as stop:
        told.append(stop.code)
    else:
        told.append("")
json.dump(told, sys.stdout)
"""


def run(*arguments, **options):
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, **options)


def environment(changes):
    """Return an environment with all settings and these changes; None leaves a setting out."""
    settings = {"PATH": os.defpath, **ALL_SET, **changes}
    return {name: value for name, value in settings.items() if value is not None}


def start(command="import tawasul.settings", **changes):
    """Start with these settings and no others; return the error output, empty on success."""
    result = run("-c", command, env=environment(changes))
    assert (result.returncode == 0) == (result.stderr == "")
    return result.stderr


def reasons(*changes):
    """Return the sentence with which the start stops for each of these changes, or ""."""
    result = run("-c", STARTS, input=json.dumps([environment(each) for each in changes]))
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def told(reason):
    return f"Tawasul cannot start: {reason}. README.md lists all settings."


def test_complete_settings_start_and_others_stop_with_a_reason():
    assert start() == ""
    assert start(SECRET_KEY=None) == f"{told(SECRET_KEY)}\n"


def test_missing_unsuitable_or_renamed_setting_is_explained():
    expected = [({}, "")]
    for name, sentence in (
        *(("SECRET_KEY", SECRET_KEY), ("ALLOWED_HOSTS", ALLOWED_HOSTS)),
        *(("DATABASE_URL", DATABASE_URL), ("SMS_HTTP_URL", SMS_HTTP_URL)),
        *(("MAIL_URL", MAIL_URL), ("MAIL_FROM", MAIL_FROM), ("SCANNER", SCANNER)),
    ):
        expected += [({name: None}, told(sentence)), ({name: ""}, told(sentence))]
    for name, value, sentence in (
        ("SECRET_KEY", "k" * 49, TOO_SHORT),
        ("DATABASE_URL", "sqlite:////tmp/db.sqlite3", POSTGRESQL),
        ("DATABASE_URL", "mysql://db.example.org/tawasul", POSTGRESQL),
        ("SMS_HTTP_URL", "http://sms.example.org/send", SMS_HTTP_URL),
        ("SMS_HTTP_URL", "sms.example.org", SMS_HTTP_URL),
        ("MAIL_URL", "mail.example.org", MAIL_URL),
        ("REGISTRY", "core.accounts.registry.HttpRegistry", REGISTRY_URL),
        ("SCANNER", "none", NO_SCANNER),
        ("SCANNER", "/run/clamav/clamd.ctl", SCANNER),
        ("SCANNER", "clamd+unix://run/clamav/clamd.ctl", SCANNER),
        ("SCANNER", "clamd+tcp://scanner.example.org", SCANNER),
        ("SCANNER", "clamd+tcp://scanner.example.org:port", SCANNER),
    ):
        expected.append(({name: value}, told(sentence)))
    for name in ("OPERATIONS", "HOLDS", "CHANGES_A_DAY"):
        old, new = f"BOOKING_MOST_{name}", f"BOOKING_MAX_{name}"
        expected.append(({old: "4"}, told(f"{old} is called {new} now, rename it")))
    for name, path in (
        ("REGISTRY", "accounts.registry.LocalRegistry"),
        ("SMS_GATEWAY", "messaging.gateways.Console"),
    ):
        reason = f"{name} names tawasul.{path}, write core.{path}"
        expected += [({name: f"core.{path}"}, ""), ({name: f"tawasul.{path}"}, told(reason))]
    changes = [each for each, _sentence in expected]
    assert list(zip(changes, reasons(*changes), strict=True)) == expected


def test_unreadable_setting_stops_start():
    settings = [
        *(("DATABASE_URL", "nonsense"), ("DATABASE_URL", "postgres://")),
        ("DATABASE_URL", "postgres://db.example.org:port/tawasul"),
        *(("ALLOWED_HOSTS", ","), ("ALLOWED_HOSTS", " "), ("TAWASUL_DEMO", "perhaps")),
        *(("IDENTITY_CHECK_DIGIT", "perhaps"), ("BEHIND_TLS_PROXY", "perhaps")),
    ]
    found = reasons(*({name: value} for name, value in settings))
    for (name, value), sentence in zip(settings, found, strict=True):
        assert sentence.startswith("Tawasul cannot start: "), (name, value)
        assert name in sentence, (name, value)


def test_a_class_that_does_not_exist_stops_the_start():
    setup = "import django; django.setup()"
    for name, path in (
        *(("SMS_GATEWAY", "no.such.Gateway"), ("SMS_GATEWAY", "core.messaging.gateways.Pigeon")),
        *(("REGISTRY", "no.such.Registry"), ("REGISTRY", "core.accounts.registry.CardIndex")),
    ):
        said = start(setup, DJANGO_SETTINGS_MODULE="tawasul.settings", **{name: path})
        assert f"{name} cannot be used: " in said.splitlines()[-1], path


def test_default_is_production_with_https_only_and_a_literal_key():
    secret = "$" + "k" * 60
    check = (
        "import tawasul.settings as s; assert not s.DEMO; assert s.SECURE_SSL_REDIRECT; "
        "assert s.SESSION_COOKIE_SECURE; assert s.CSRF_COOKIE_SECURE; "
        "assert s.COOKIE_PREFIX == '__Host-'; assert s.SESSION_COOKIE_NAME == '__Host-sessionid'; "
        "assert s.CSRF_COOKIE_NAME == '__Host-csrftoken'; "
        "assert s.PASSWORD_HASHERS == ['core.accounts.hashers.PasswordHasher']; "
        "assert s.SECURE_HSTS_SECONDS >= 365 * 24 * 60 * 60; "
        f"assert not getattr(s, 'DEBUG', False); assert s.SECRET_KEY == {secret!r}"
    )
    assert start(check, SECRET_KEY=secret) == ""


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
    resolve("/ar/demo/phone/")
except Resolver404:
    pass
else:
    raise SystemExit("the demo phone is reachable")
"""
    assert start(check) == ""


def test_django_deployment_check_is_silent():
    settings = {**os.environ, **ALL_SET, "SECRET_KEY": "aB3$xY9!" * 10, "TAWASUL_DEMO": ""}
    result = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", env=settings)
    assert result.stdout == "System check identified no issues (0 silenced).\n"


def test_settings_file_stays_short():
    lines = (ROOT / "tawasul" / "settings.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 275
