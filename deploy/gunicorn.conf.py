"""How gunicorn serves the portal, in production and in `make run`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tawasul.settings")

from django.conf import settings

wsgi_app = "tawasul.wsgi"
worker_class = "tawasul.web_worker.WebWorker"
workers, threads = settings.WEB_PROCESSES, settings.WEB_THREADS
# Settings that stop the start end gunicorn as well, and the processes share what is loaded.
preload_app = True
control_socket_disable = True
loglevel = "warning"
