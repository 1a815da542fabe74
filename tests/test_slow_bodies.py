"""Clients that send slowly stop nobody: at the web server of `make run`, and behind nginx."""

import re
import socket
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlencode

import pytest
from django.conf import settings

from tawasul.web_worker import MAX_BODY
from tests.nginx import HOST, answers, ended, free_port
from tests.nginx import nginx as nginx_of
from tests.races.processes import process_of_portal
from tests.races.together import DEADLINE_SECONDS, until

SLOW = 64
PAGE = "/en/display/"
LOOK = {"colours": "dark", "contrast": "device", "text": "normal"}


@pytest.fixture
def web_server(transactional_db, tmp_path):
    """Return the port of a web server on the test database, begun as `make run` begins it."""
    (tmp_path / "static").symlink_to(settings.STATIC_ROOT)
    port = free_port()
    address = f"{HOST}:{port}"
    options = ["-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", address]
    with process_of_portal(tmp_path, *options) as process, ended(process):
        until(lambda: answers(port) or process.poll() is not None)
        yield port


@pytest.fixture
def nginx(web_server, tmp_path):
    """Return the port of an nginx in front of the web server, set up by deploy/nginx.conf."""
    port = free_port()
    site = (settings.BASE_DIR / "deploy/nginx.conf").read_text()
    for example, ours in (
        ("listen 80;", f"listen {HOST}:{port};"),
        ("http://127.0.0.1:8000;", f"http://{HOST}:{web_server};"),
        ("/var/log/nginx/", f"{tmp_path}/"),
    ):
        assert example in site
        site = site.replace(example, ours)
    with nginx_of(tmp_path, port, site):
        yield port


def connected(port):
    return socket.create_connection((HOST, port), timeout=DEADLINE_SECONDS)


def get(port):
    """Return the status, the cookie and the text with which a visitor is answered."""
    visitor = HTTPConnection(HOST, port, timeout=DEADLINE_SECONDS)
    with closing(visitor):
        visitor.request("GET", PAGE, headers={"Host": "localhost"})
        answer = visitor.getresponse()
        return answer.status, answer.headers["Set-Cookie"], answer.read().decode()


def filled_in(port):
    """Return the head and the body of the form of the page."""
    _status, cookie, page = get(port)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    body = urlencode({"csrfmiddlewaretoken": token, **LOOK})
    head = (
        f"POST {PAGE} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie.partition(';')[0]}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode(), body.encode()


def answer_on(connection):
    with closing(HTTPResponse(connection)) as answer:
        answer.begin()
        return answer


@pytest.fixture(params=["web_server", pytest.param("nginx", marks=pytest.mark.nginx)])
def port(request):
    return request.getfixturevalue(request.param)


def test_slow_clients_stop_nobody_and_are_answered_when_they_have_finished(port):
    with connected(port) as connection:
        head = f"POST {PAGE} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n"
        connection.sendall(head.encode())
        assert answer_on(connection).status == 413

    head, body = filled_in(port)
    with ExitStack() as stack:
        bodies, heads = (
            [stack.enter_context(connected(port)) for _each in range(SLOW)] for _kind in range(2)
        )
        sent = 10
        for connection in bodies:
            connection.sendall(head + body[:sent])
        for connection in heads:
            connection.sendall(head[:sent])
        for _turn in range(8):
            assert get(port)[0] == 200
            for connection in bodies:
                connection.sendall(body[sent : sent + 1])
            for connection in heads:
                connection.sendall(head[sent : sent + 1])
            sent += 1
        for connection in bodies:
            connection.sendall(body[sent:])
        for connection in heads:
            connection.sendall(head[sent:] + body)
        for connection in bodies + heads:
            answer = answer_on(connection)
            assert (answer.status, answer.headers["Location"]) == (302, f"{PAGE}?next=%2Fen%2F")
