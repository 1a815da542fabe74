"""The worker of the web server: how it ends, and how long somebody may take."""

import os
import socket
import threading
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from tawasul import web_worker
from tawasul.web_worker import WebWorker
from tests.races.together import DEADLINE_SECONDS

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class Portal:
    """An application that answers in two parts, the second when it is let."""

    def __init__(self):
        self.is_asked, self.may_end = threading.Event(), threading.Event()

    def __call__(self, environ, start_response):
        start_response("200 OK", [("Content-Length", "10")])
        yield b"first"
        self.is_asked.set()
        assert self.may_end.wait(DEADLINE_SECONDS)
        yield b"later"


@pytest.fixture
def portal():
    return Portal()


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def worker(portal, listener):
    config = Config()
    config.set("threads", 1)
    worker = WebWorker(1, os.getppid(), [SimpleNamespace(sock=listener)], None, 30, config, None)
    worker.wsgi = portal
    thread = threading.Thread(target=worker.run)
    worker.begin, worker.join = thread.start, lambda: thread.join(DEADLINE_SECONDS)
    yield worker
    portal.may_end.set()
    worker.alive = False
    worker.join()
    worker.tmp.close()
    assert not thread.is_alive()


@pytest.fixture
def connected(listener):
    connections = []

    def connected(sent):
        connection = socket.create_connection(listener.getsockname(), timeout=DEADLINE_SECONDS)
        connections.append(connection)
        connection.sendall(sent)
        return connection

    yield connected
    for connection in connections:
        connection.close()


def read(connection):
    """Return what comes until the other side has closed the connection."""
    return b"".join(iter(lambda: connection.recv(4096), b""))


def test_what_has_arrived_when_it_is_told_to_end_is_answered(
    worker, portal, connected, monkeypatch
):
    monkeypatch.setattr(web_worker, "SECONDS_TO_LINGER", 0)
    worker.begin()
    in_hand = connected(REQUEST)
    assert portal.is_asked.wait(DEADLINE_SECONDS)
    queued, unfinished = connected(REQUEST), connected(REQUEST[:-2])
    worker.alive = False
    portal.may_end.set()
    assert read(in_hand).endswith(b"\r\n\r\nfirstlater")
    assert read(queued).endswith(b"\r\n\r\nfirstlater")
    assert read(unfinished) == b""


def test_connection_that_waits_to_be_accepted_when_it_is_told_to_end_is_answered(
    worker, portal, connected
):
    portal.may_end.set()
    waiting = [connected(REQUEST) for _each in range(5)]
    worker.alive = False
    worker.begin()
    for each in waiting:
        assert read(each).endswith(b"\r\n\r\nfirstlater")


def test_request_that_takes_too_long_to_arrive_is_given_up(worker, portal, connected, monkeypatch):
    portal.may_end.set()
    monkeypatch.setattr(web_worker, "SECONDS_ON_THE_WAY", 0)
    idle = connected(b"")
    worker.begin()
    assert read(connected(REQUEST[:-2])) == b""
    monkeypatch.undo()
    idle.sendall(REQUEST)
    assert read(idle).endswith(b"\r\n\r\nfirstlater")
