"""The registry: the local tables, or another one over HTTP, with right and wrong answers."""

import datetime
import json
import logging
import re
import socket
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone

from core.accounts import registry, registry_import
from core.accounts.models import Identity, IdentityNumber, Link
from tests import factories
from tests.core.accounts.pages import AWAY
from tests.core.accounts.test_import import owner, tables

pytestmark = pytest.mark.django_db

BORDER, IQAMA, COMPANY = "3000000700", "2000000700", "7000000700"
TODAY = datetime.date(2026, 3, 19)
YESTERDAY, TOMORROW = datetime.date(2026, 3, 18), datetime.date(2026, 3, 20)


def person(number=IQAMA, **changes):
    fields = {
        "name_ar": "سليم رضا",
        "name_en": "Salim Raza",
        "birth_date": "1406-07-04",
        "nationality": "PK",
        "mobile": "0501234567",
    }
    return {"record": "person", "number": number, **fields, **changes}


def company(number=COMPANY, **changes):
    fields = {"name_ar": "مؤسسة النخيل", "name_en": "Palms Establishment"}
    return {"record": "establishment", "number": number, **fields, **changes}


def former_number(number=BORDER, current_number=IQAMA):
    return {"record": "former_number", "number": number, "current_number": current_number}


def job(holder=COMPANY, number=IQAMA, since="2020-01-01", **changes):
    ends = {"holder": holder, "number": number}
    return {"record": "link", **ends, "kind": "employer", "since": since, **changes}


def body_of(*records):
    return json.dumps({"records": records}).encode()


RIGHT = body_of(person(), former_number(), company(), job())


class Registry(BaseHTTPRequestHandler):
    """A handler that gives every request `answer`: a status and a body, or a function to call."""

    def do_GET(self):
        self.server.asked.append((self.path, self.headers["Authorization"]))
        answer = self.server.answer
        if callable(answer):
            answer(self)
        else:
            self.say(*answer)

    def say(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Registry)
        self.asked = []
        self.answer = (200, RIGHT)
        self.is_over = threading.Event()
        self.sent_to_the_end = False

    def handle_error(self, *_args):
        """Print nothing, as many of these tests hang up in the middle."""


@pytest.fixture
def server(settings):
    settings.REGISTRY = "core.accounts.registry.HttpRegistry"
    settings.REGISTRY_TOKEN = "token-of-the-portal"
    with Server() as server:
        settings.REGISTRY_URL = f"http://127.0.0.1:{server.server_port}/people/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.is_over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def today(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda: TODAY)
    return TODAY


def test_a_person_is_found_by_each_of_their_numbers():
    salim = factories.IdentityFactory(number=IQAMA)
    IdentityNumber.objects.create(number=BORDER, identity=salim, is_current=False)
    factories.IdentityFactory()
    assert registry.lookup(IQAMA) == registry.lookup(BORDER) == salim
    assert registry.lookup("2000000701") is None
    Identity.objects.update(status="departed")
    refreshed = registry.refresh(salim)
    assert (refreshed, refreshed.status) == (salim, "departed")


# A right answer over HTTP


def test_unknown_person_is_added_with_numbers_and_link(server):
    salim = registry.lookup(IQAMA)
    assert server.asked == [(f"/people/{IQAMA}", "Bearer token-of-the-portal")]
    assert (salim.name_en, salim.mobile) == ("Salim Raza", "+966501234567")
    assert salim.birth_date == datetime.date(1986, 3, 14)
    assert salim.current_number == IQAMA
    assert owner(BORDER) == salim
    link = Link.objects.get()
    assert (link.holder, link.person, link.kind) == (owner(COMPANY), salim, "employer")
    assert (link.since, link.until) == (datetime.date(2020, 1, 1), None)

    before = tables()
    assert registry.lookup(IQAMA) == salim
    assert tables() == before


def test_former_number_and_establishment_are_found(server):
    assert registry.lookup(BORDER).current_number == IQAMA
    server.answer = (200, body_of(company(nationality=None)))
    assert registry.lookup(COMPANY).name_en == "Palms Establishment"


def test_refresh_takes_current_registry_answer(server):
    guest = factories.IdentityFactory(number=BORDER)
    refreshed = registry.refresh(guest)
    assert server.asked == [(f"/people/{BORDER}", "Bearer token-of-the-portal")]
    assert refreshed == guest
    assert (refreshed.current_number, refreshed.name_en) == (IQAMA, "Salim Raza")

    server.answer = (200, body_of(person(status="departed"), former_number()))
    refreshed = registry.refresh(guest)
    assert server.asked[1:] == [(f"/people/{IQAMA}", "Bearer token-of-the-portal")]
    assert refreshed.status == "departed"


def test_link_missing_from_registry_ended_yesterday(server, today):
    salim = factories.IdentityFactory(number=IQAMA)
    palms = factories.IdentityFactory(number=COMPANY)
    other = factories.IdentityFactory(number="1000000700")
    worker = factories.IdentityFactory(number="2000000701")
    began = datetime.date(2024, 1, 1)
    kept = factories.link(palms, salim, since=datetime.date(2020, 1, 1), until=TODAY)
    ended = datetime.date(2024, 5, 31)
    links = [
        (factories.link(other, salim, since=began), YESTERDAY),
        (factories.link(other, salim, since=YESTERDAY, until=TOMORROW), YESTERDAY),
        (factories.link(other, salim, since=datetime.date(2024, 2, 1), until=TODAY), YESTERDAY),
        (factories.link(other, salim, since=datetime.date(2024, 3, 1), until=ended), ended),
        (factories.link(other, salim, since=TODAY), "gone"),
        (factories.link(other, salim, since=TOMORROW), "gone"),
        (factories.link(palms, worker, since=began), None),
        (factories.link(salim, worker, "guardian", since=began), None),
        (kept, None),
    ]
    registry.refresh(salim)
    untils = dict(Link.objects.values_list("pk", "until"))
    assert [untils.get(link.pk, "gone") for link, _until in links] == [end for _link, end in links]


def test_holder_is_updated(server):
    registry.lookup(IQAMA)
    server.answer = (200, body_of(person(), company(status="departed"), job(until="2026-01-31")))
    registry.lookup(IQAMA)
    assert owner(COMPANY).status == "departed"
    assert Link.objects.get().until == datetime.date(2026, 1, 31)


def test_identity_added_by_concurrent_request_is_found(server, monkeypatch):
    palms = factories.IdentityFactory(number=COMPANY)
    owners_of, looks = registry_import._owners_of, []

    def stale_owners_of(numbers):
        """Hide the employer from one lookup, as if another request added it afterwards."""
        owners = owners_of(numbers)
        looks.append(owners.pop(COMPANY, None) if len(looks) == 1 else None)
        return owners

    monkeypatch.setattr(registry_import, "_owners_of", stale_owners_of)
    salim = registry.lookup(IQAMA)
    assert looks[1] == (palms.pk, True)
    assert Link.objects.get().holder == palms
    assert salim == owner(IQAMA)


def test_number_unknown_to_registry_finds_nobody(server):
    salim = factories.IdentityFactory(number=IQAMA)
    server.answer = (404, b"")
    before = tables()
    assert registry.lookup(IQAMA) is None
    with pytest.raises(registry.RegistryUnavailable) as away:
        registry.refresh(salim)
    assert str(away.value.message) == AWAY
    assert tables() == before


def test_registry_is_not_asked_without_a_valid_number(server):
    for number in ("", "12", "5000000000", f"{IQAMA}/../1", "٢٠٠٠٠٠٠٧٠٠"):
        assert registry.lookup(number) is None, number
    salim = factories.IdentityFactory(number=IQAMA)
    IdentityNumber.objects.update(is_current=False)
    with pytest.raises(registry.RegistryUnavailable):
        registry.refresh(salim)
    assert server.asked == []


# Answers that are rejected


@pytest.fixture
def somebody(today):
    """Create a person with an employer, and another person with a former number."""
    salim = factories.IdentityFactory(number=IQAMA, name_en="Salim")
    palms = factories.IdentityFactory(number=COMPANY, birth_date=None, name_en="Palms")
    factories.link(palms, salim, since=datetime.date(2019, 1, 1))
    another = factories.IdentityFactory(number="2000000702")
    IdentityNumber.objects.create(number="4000000702", identity=another, is_current=False)
    return salim


def check_answer_is_rejected(somebody, server=None, case=None):
    before = tables()
    for ask in (lambda: registry.lookup(IQAMA), lambda: registry.refresh(somebody)):
        with pytest.raises(registry.RegistryUnavailable) as away:
            pytest.fail(f"{case}: {ask()}")
        assert str(away.value.message) == AWAY, case
        assert tables() == before, case
    if server:
        assert [path for path, _token in server.asked] == 2 * [f"/people/{IQAMA}"], case
        server.asked.clear()


def test_other_http_status_or_redirect_is_no_answer(somebody, server):
    for status in (*(201, 204, 206, 301, 302, 303, 307, 308, 400, 401, 403, 410, 429, 500, 503),):
        server.answer = (status, RIGHT)
        check_answer_is_rejected(somebody, server, status)


def test_malformed_body_is_no_answer(somebody, server):
    for body in (
        *(b"", b"<h1>Maintenance</h1>", RIGHT[:-1], RIGHT.replace(b"Salim", b"\xff")),
        *(b"[" * 100_000, b"[]", b"null", b'"records"', b"{}"),
        *(b'{"records": {}}', b'{"records": null}'),
        *(body_of(), body_of("person"), body_of(None), body_of(person(), [])),
    ):
        server.answer = (200, body)
        check_answer_is_rejected(somebody, server, body)


def test_one_wrong_record_rejects_the_answer(somebody, server):
    for records in [
        [person(age="40")],
        [person(mobile=966501234567)],
        [person(name_ar=["سليم"])],
        [person(name_en="Salim \ud83d")],
        [person(birth_date="1986-02-30")],
        [person(), {"record": "worker"}],
        [person(), company(name_ar=None)],
        [person(), company(), job(since="")],
        # Records of another person
        [company()],
        [person("2000000701")],
        [former_number(IQAMA, "2000000701")],
        [person("2000000701"), former_number(IQAMA, "2000000702")],
        [person(), person("2000000701"), company(), job(number="2000000701")],
        # Records that contradict the local tables
        [person(), job(holder="7000000701")],
        [person(), former_number("2000000702")],
        [person(), former_number("4000000702")],
        [person("4000000702"), person(), job("4000000702")],
        [person(), company(), job(), {**job(), "kind": "host"}],
        # Duplicate records
        [person(), person(name_en="Salim Raza Khan")],
        [person(), former_number(), former_number()],
        [person(), company(), job(since="2019-01-01"), job(since="1440-04-25", until="2026-01-31")],
        [person(), former_number(), company(), job(), job(number=BORDER)],
        # Records that contradict each other
        [person(), person(BORDER), former_number()],
        [person(), former_number(IQAMA, "2000000705")],
    ]:
        server.answer = (200, body_of(*records))
        check_answer_is_rejected(somebody, server, records)


def test_answer_over_one_megabyte_is_rejected(somebody, server):
    room = registry.MAX_ANSWER_BYTES - len(RIGHT)
    server.answer = (200, RIGHT + b" " * (room + 1))
    check_answer_is_rejected(somebody, server)
    server.answer = (200, RIGHT + b" " * room)
    assert registry.lookup(IQAMA).name_en == "Salim Raza"


def test_registry_timeout_counts_as_unavailable(somebody, server, monkeypatch):
    monkeypatch.setattr(registry, "TIMEOUT_SECONDS", 0.2)

    def answer_late(request):
        if not request.server.is_over.wait(5):
            request.say(200, RIGHT)

    server.answer = answer_late
    check_answer_is_rejected(somebody)


def send_slowly(request, before, after):
    """Send spaces one by one for five seconds or more, and then the rest."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\n" + before)
    for _drop in range(500):
        if request.server.is_over.wait(0.01):
            return
        request.wfile.write(b" ")
    request.server.sent_to_the_end = True
    request.wfile.write(after)


def test_slowly_sent_answer_is_cut_off(somebody, server, monkeypatch):
    monkeypatch.setattr(registry, "DEADLINE_SECONDS", 0.3)
    length = f"Content-Length: {500 + len(RIGHT)}\r\n\r\n".encode()
    for slow_part, before, after in [
        ("headers", b"X-Slow:", b"\r\nConnection: close\r\n\r\n" + RIGHT),
        ("body until the end", b"Connection: close\r\n\r\n", RIGHT),
        ("body of a known length", length, RIGHT),
        ("behind the body", b"Connection: close\r\n\r\n" + RIGHT, b""),
    ]:
        server.answer = partial(send_slowly, before=before, after=after)
        check_answer_is_rejected(somebody, case=slow_part)
        assert not server.sent_to_the_end, slow_part


def test_broken_or_truncated_answer_is_rejected(somebody, server):
    broken_off = f"HTTP/1.1 200 OK\r\nContent-Length: {len(RIGHT)}\r\n\r\n".encode() + RIGHT[:-30]
    for answer in (b"", b"no HTTP at all\r\n", b"HTTP/1.1 200 OK\r\n", broken_off):
        server.answer = lambda request, answer=answer: request.wfile.write(answer)
        check_answer_is_rejected(somebody, server, answer)


def test_registry_that_is_switched_off_is_unavailable(somebody, settings):
    settings.REGISTRY = "core.accounts.registry.HttpRegistry"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.REGISTRY_URL = f"http://127.0.0.1:{closed.getsockname()[1]}/people/"
        check_answer_is_rejected(somebody)


def test_log_gives_reason_without_personal_data(somebody, server, caplog):
    caplog.set_level(logging.WARNING, logger="tawasul")
    for answer in [
        (503, b""),
        (200, RIGHT[:-1]),
        (200, body_of(person("2000000701"))),
        (200, body_of(person(name_en="", mobile="x"), company())),
    ]:
        server.answer = answer
        with pytest.raises(registry.RegistryUnavailable):
            registry.lookup(IQAMA)
    assert [record.getMessage() for record in caplog.records] == [
        "the registry is away: InvalidAnswer: status 503",
        "the registry is away: JSONDecodeError",
        "the registry is away: InvalidAnswer: about another number",
        "the registry is away: WrongRecord: name_en is missing; "
        "mobile has to be a mobile number, for example +9665XXXXXXXX",
    ]
    assert not re.search(r"\d{9}", caplog.text)
