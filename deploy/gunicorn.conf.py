"""How gunicorn serves the portal, in production and in `make run`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tawasul.settings")

from typing import Any

from django.conf import settings

wsgi_app = "tawasul.wsgi"
worker_class = "tawasul.web_worker.WebWorker"
workers, threads = settings.WEB_PROCESSES, settings.WEB_THREADS
# Settings that stop the start end gunicorn as well, and the processes share what is loaded.
preload_app = True
control_socket_disable = True
loglevel = "warning"


def when_ready(_server: Any) -> None:
    # It imports what has to wait until the portal is loaded.
    from tawasul.before_fork import prepare_to_fork

    prepare_to_fork()
