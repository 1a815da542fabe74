"""The settings of django-appointment: no mails, and sessions in the database as it wants them."""

from bench.peers.settings import *  # noqa: F403
from bench.peers.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "phonenumber_field", "appointment"]
