import os

from django.core.wsgi import get_wsgi_application

from core.http import read_as_utf8

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tawasul.settings")

application = read_as_utf8(get_wsgi_application())
