import pytest
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests import factories

# Django's own hasher takes a third of a second for each password, by design.
FAST_HASHER = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _surroundings(settings, tmp_path):
    settings.PASSWORD_HASHERS = FAST_HASHER
    settings.DATA_DIR = tmp_path
    settings.DEMO_PHONE_FILE = tmp_path / "demo-phone.jsonl"
    private = {**settings.STORAGES["private"], "OPTIONS": {"location": tmp_path / "private"}}
    settings.STORAGES = {**settings.STORAGES, "private": private}


@pytest.fixture
def resident(db):
    return factories.UserFactory()


@pytest.fixture
def officer(db):
    return factories.OfficerFactory()


@pytest.fixture
def as_resident(resident):
    """A browser in which the resident is signed in."""
    client = Client()
    client.force_login(resident)
    return client


@pytest.fixture
def as_officer(officer):
    """A browser in which the officer is signed in with password and authenticator."""
    return signed_in_staff(officer)


def signed_in_staff(user):
    client = Client()
    client.force_login(user)
    device = TOTPDevice.objects.create(user=user, name="test")
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return client
