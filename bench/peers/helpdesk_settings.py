"""The settings of django-helpdesk: without what a public form does not need."""

from bench.peers.settings import *  # noqa: F403
from bench.peers.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "rest_framework", "helpdesk"]
HELPDESK_TEAMS_MODE_ENABLED = False
