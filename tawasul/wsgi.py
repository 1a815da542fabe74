import os

from django.core.wsgi import get_wsgi_application

from core.methods import answer_head_without_body
from core.middleware import hide_messages, read_as_utf8

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tawasul.settings")

application = answer_head_without_body(hide_messages(read_as_utf8(get_wsgi_application())))
