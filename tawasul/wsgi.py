import os
import sys

from django.core.wsgi import get_wsgi_application

from core.accounts import spoken_digits
from core.methods import answer_head_without_body
from core.middleware import hide_messages, read_as_utf8

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tawasul.settings")

try:
    spoken_digits.load()
except FileNotFoundError as missing:
    sys.exit(f"Tawasul cannot start: {missing}.")

application = answer_head_without_body(hide_messages(read_as_utf8(get_wsgi_application())))
