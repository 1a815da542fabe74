import html
import logging
import math
import re
import shutil

import pytest
from captcha.models import CaptchaStore
from django.core.cache import cache
from django.db.backends.signals import connection_created
from django.test import Client, TransactionTestCase, override_settings
from django.utils import translation
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from core import reference_data
from core.security_log import LOGGER
from tests import factories
from tests.decoder import decoder
from tests.emptying import empty_written_tables
from tests.worlds import surroundings


@pytest.fixture(autouse=True, scope="session")
def decoder_process():
    """Decode what the tests upload."""
    with decoder() as (process, path), pytest.MonkeyPatch.context() as patch:
        patch.setenv("DECODER_SOCKET", str(path))  # for processes that a test starts
        with override_settings(DECODER_SOCKET=path):
            yield process


@pytest.fixture(autouse=True)
def _surroundings(settings, tmp_path, world_folder):
    for name, value in surroundings(tmp_path).items():
        setattr(settings, name, value)
    shutil.copytree(world_folder, tmp_path, dirs_exist_ok=True)
    cache.clear()  # of the public pages of other tests


@pytest.fixture(scope="module")
def world_folder(tmp_path_factory):
    """Keep the files of the worlds of a module; each test has a copy."""
    return tmp_path_factory.mktemp("world")


@pytest.fixture(autouse=True, scope="session")
def _changed_reference_data_is_read_anew():
    """Show each change of reference data at once, where the portal takes up to ten seconds.

    Without a change they are read once, however long a test takes.
    """

    def execute_and_forget(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if not sql.startswith("SELECT") and any(f'"{table}' in sql for table in tables):
            reference_data.forget()
        return result

    def install(connection, **kwargs):
        # Django takes the last one off again where a test adds its own, and it may connect anew.
        if execute_and_forget not in connection.execute_wrappers:
            connection.execute_wrappers.insert(0, execute_and_forget)

    of_offices = ("appointments_office", "appointments_openingwindow")
    tables = ("catalogue_", *of_offices, "portal_announcement", "accounts_teammember")
    connection_created.connect(install)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference_data, "MAX_AGE", math.inf)
        yield
    connection_created.disconnect(install)


@pytest.fixture(autouse=True)
def _fresh_reference_data():
    """Read reference data anew, as the changes of the test before have been taken back."""
    reference_data.forget()


@pytest.fixture(autouse=True)
def _in_english():
    """Activate English, in which sentences are compared, after any language of an earlier test."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True, scope="session")
def _quiet_security_log():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.getLogger(LOGGER), "handlers", [logging.NullHandler()])
        yield


@pytest.fixture(autouse=True, scope="session")
def _empty_written_tables():
    with pytest.MonkeyPatch.context() as patch:
        emptying = staticmethod(empty_written_tables)
        patch.setattr(TransactionTestCase, "_fixture_teardown", emptying)
        yield


@pytest.fixture
def resident(db):
    return factories.UserFactory()


@pytest.fixture
def officer(db):
    return factories.OfficerFactory()


@pytest.fixture
def as_resident(resident):
    """A browser in which the resident is signed in."""
    return signed_in(resident)


@pytest.fixture
def as_officer(officer):
    """A browser in which the officer is signed in with password and authenticator."""
    return signed_in_staff(officer)


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def signed_in_staff(user):
    client = signed_in(user)
    device = TOTPDevice.objects.create(user=user, name="test")
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return client


def sign_in(user, client=None, language="en", code=None):
    """Sign `user` in on the pages, with password and texted code; return the browser.

    Who has an authenticator app gives its `code`.
    """
    client = client or Client()
    person = {"login": user.username, "password": factories.PASSWORD}
    client.post(f"/{language}/account/sign-in/", person)
    code = code or factories.code_sent_to(user, "sign_in")
    client.post(f"/{language}/account/code/", {"code": code})
    return client


def ask_for_code(client, inquiry, language="en", **options):
    """Read the answers on the fourth step and ask for the code; return the response."""
    address = f"/{language}/inquiries/{inquiry.reference}/review/"
    shown = client.get(address).context["shown"]
    return client.post(address, {"shown": shown}, **options)


def main_of(page):
    """Return the markup of the main part of a page."""
    return re.search(r"(?s)<main.*?</main>", page.content.decode())[0]


def words(markup):
    """Return the text of a page or a part of it, with single spaces."""
    markup = markup if isinstance(markup, str) else markup.content.decode()
    inside_words = r"(?s)<head>.*?</head>|</?(?:a|bdi|button|span|strong)\b[^>]*>"
    seen = re.sub(r"<[^>]*>", " ", re.sub(inside_words, "", markup))
    return " ".join(html.unescape(seen).split())


def errors_on(response):
    """Return the sentences of the error summary."""
    summary = re.search(r'(?s)<div class="error-summary".*?</div>', response.content.decode())
    return [words(line) for line in re.findall(r"(?s)<li>.*?</li>", summary[0])] if summary else []


def notices_on(response):
    """Return the notices of a public page, or the messages of a staff page."""
    notice = r'(?s)<p class="notice.*?</p>|(?<=<ul class="messagelist">).*?</ul>'
    return [words(found) for found in re.findall(notice, response.content.decode())]


def picture_on(page):
    """Return the form fields that answer the picture on the page."""
    key = re.search(r'name="picture_key" value="(\w+)"', page.content.decode())[1]
    return {"picture_key": key, "picture": CaptchaStore.objects.get(hashkey=key).response}


def without_tokens(response):
    """Return the bytes of a page without what differs each time: tokens, and seconds left."""
    changing = rb'((?:name="csrfmiddlewaretoken" value|data-idle)=")[^"]*'
    return re.sub(changing, rb"\1", response.content)
