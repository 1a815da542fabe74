"""Checks of requests: their bytes, their network, and their redirect targets."""

from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from hypothesis import given
from hypothesis import strategies as st

from core.http import client_network, safe_target
from core.middleware import no_store, refuse_bad_bytes

DEFAULT = "/en/my/"


def passes(path="/", **extra):
    """Return whether a request passes the check of its bytes."""
    try:
        refuse_bad_bytes(lambda request: HttpResponse())(RequestFactory().get(path, **extra))
    except BadRequest:
        return False
    return True


def test_address_and_cookies_must_be_text():
    for path in (
        *("/", "/%D8%AA%D9%88%D8%A7%D8%B5%D9%84/", "/%C3%A9/%C2%B2/"),
        *("/?q=%D8%AA%D9%88+%E2%80%AE", "/?q=100%25", "/?q=%2500"),
    ):
        assert passes(path), path
    for path in ("/%00", "/a%00b/", "/?q=%00", "/?%00=1", "/?q=%FF", "/?q=%C0%80"):
        assert not passes(path), path
    for cookie in ("sessionid=abc; csrftoken=def", "name=%D8%AA"):
        assert passes(headers={"cookie": cookie}), cookie
    for cookie in ('name="\\000"', "name=a\0b", "name=a; other=b\0"):
        assert not passes(headers={"cookie": cookie}), cookie


def test_responses_are_uncached_unless_view_says_otherwise(rf):
    assert no_store(lambda request: HttpResponse())(rf.get("/"))["Cache-Control"] == "no-store"
    kept = HttpResponse(headers={"Cache-Control": "max-age=60"})
    assert no_store(lambda request: kept)(rf.get("/"))["Cache-Control"] == "max-age=60"


def test_redirect_target_is_kept_on_this_site_only(rf):
    here = ("/en/", "/en/inquiries/?page=2", "/en/inquiries/new/#content")
    elsewhere = (
        *("", "foo", "admin:index", "https://evil.example/", "http://testserver.evil.example/"),
        *("//evil.example/", "///evil.example/", "/\\evil.example/", "\\\\evil.example/"),
        *("\t//evil.example/", "javascript:alert(1)", "http://["),
    )
    for target in (*here, *elsewhere):
        expected = target if target in here else DEFAULT
        assert safe_target(rf.get("/", {"next": target}), DEFAULT) == expected, target
        assert safe_target(rf.post("/", {"next": target}), DEFAULT) == expected, target


@given(st.text(alphabet=st.sampled_from("/\\:.?#@ \t\nhtpsevil") | st.characters(codec="utf-8")))
def test_any_redirect_target_stays_on_this_site(target):
    found = safe_target(RequestFactory().post("/", {"next": target}), DEFAULT)
    assert found.startswith("/")
    assert not found.replace("\\", "/").startswith("//")


# The network of a request


OFFICE, PROXY = "203.0.113.9", "10.0.0.1"
NOWHERE = "0.0.0.0"


def network(seen, **headers):
    return client_network(RequestFactory().get("/", REMOTE_ADDR=seen, headers=headers))


def test_network_is_ipv4_address_or_ipv6_prefix(settings):
    """The owner of an IPv6 line may use another of its addresses for each request."""
    for settings.BEHIND_TLS_PROXY in (False, True):
        for address, expected in (
            *(("203.0.113.9", "203.0.113.9"), ("203.0.113.8", "203.0.113.8")),
            *(("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), ("2001:db8:1:2::", "2001:db8:1:2::")),
            *(("2001:db8:1:2::1", "2001:db8:1:2::"), ("2001:db8:1:3::1", "2001:db8:1:3::")),
            ("2001:0DB8:0001:0002:FFFF:ffff:ffff:ffff", "2001:db8:1:2::"),
            *(("::1", "::"), ("fe80::1%eth0", "fe80::")),
            *(("::ffff:203.0.113.9", "203.0.113.9"), ("::ffff:cb00:7109", "203.0.113.9")),
        ):
            assert network(address) == expected, address
            if settings.BEHIND_TLS_PROXY:
                assert network(PROXY, x_forwarded_for=address) == expected, address


def test_forwarded_header_is_ignored_without_proxy(settings):
    settings.BEHIND_TLS_PROXY = False
    for forged in (OFFICE, "::1", "garbage", "", ", ,", "a" * 100_000):
        assert network("198.51.100.7", x_forwarded_for=forged) == "198.51.100.7", forged[:20]


def test_entry_written_by_proxy_counts(settings):
    settings.BEHIND_TLS_PROXY = True
    assert network(PROXY, x_forwarded_for=OFFICE) == OFFICE
    for sent in ("1.2.3.4", "1.2.3.4, 5.6.7.8", "garbage", ",,,", "::1", "9" * 100_000):
        for space in (" ", "", "  "):
            forwarded = f"{sent},{space}{OFFICE}"
            assert network(PROXY, x_forwarded_for=forwarded) == OFFICE, forwarded[:40]


def test_invalid_or_missing_address_is_one_shared_network(rf, settings):
    """All such requests share one limit; otherwise they would have none."""
    on_a_socket = rf.get("/")
    del on_a_socket.META["REMOTE_ADDR"]
    for settings.BEHIND_TLS_PROXY in (False, True):
        assert client_network(on_a_socket) == NOWHERE
    for garbage in (
        *("", " ", ",", "unknown", "203.0.113", "203.0.113.256", "203.0.113.9:4711", "[::1]"),
        *("٢٠٣.٠.١١٣.٩", "²03.0.113.9", "203.0.113.09", "1.2.3.4\r\n5.6.7.8", "\0", "g" * 100_000),
    ):
        settings.BEHIND_TLS_PROXY = True
        assert network(PROXY, x_forwarded_for=garbage) == NOWHERE, garbage[:20]
        settings.BEHIND_TLS_PROXY = False
        assert network(garbage) == NOWHERE, garbage[:20]


@given(st.text())
def test_network_is_short_for_any_forwarded_header(forwarded):
    with override_settings(BEHIND_TLS_PROXY=True):
        assert len(network(PROXY, x_forwarded_for=forwarded)) <= 39
