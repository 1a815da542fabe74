"""Checks of requests: their bytes, their network, and their redirect targets."""

import pytest
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from hypothesis import given
from hypothesis import strategies as st

from core.http import client_network, safe_target
from core.middleware import no_store, refuse_bad_bytes

DEFAULT = "/en/my/"


@pytest.fixture
def passes(rf):
    """Return a function that tells whether a request passes the check of its bytes."""

    def passes(path="/", **extra):
        try:
            refuse_bad_bytes(lambda request: HttpResponse())(rf.get(path, **extra))
        except BadRequest:
            return False
        return True

    return passes


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/%D8%AA%D9%88%D8%A7%D8%B5%D9%84/",
        "/%C3%A9/%C2%B2/",
        "/?q=%D8%AA%D9%88+%E2%80%AE",
        "/?q=100%25",
        "/?q=%2500",
    ],
)
def test_valid_address_passes(passes, path):
    assert passes(path)


@pytest.mark.parametrize("path", ["/%00", "/a%00b/", "/?q=%00", "/?%00=1", "/?q=%FF", "/?q=%C0%80"])
def test_undecodable_address_is_refused(passes, path):
    assert not passes(path)


@pytest.mark.parametrize(
    ("cookie", "is_text"),
    [
        ("sessionid=abc; csrftoken=def", True),
        ("name=%D8%AA", True),
        ('name="\\000"', False),
        ("name=a\0b", False),
        ("name=a; other=b\0", False),
    ],
)
def test_cookie_must_be_text(passes, cookie, is_text):
    assert passes(headers={"cookie": cookie}) == is_text


def test_responses_are_uncached_unless_view_says_otherwise(rf):
    assert no_store(lambda request: HttpResponse())(rf.get("/"))["Cache-Control"] == "no-store"
    kept = HttpResponse(headers={"Cache-Control": "max-age=60"})
    assert no_store(lambda request: kept)(rf.get("/"))["Cache-Control"] == "max-age=60"


@pytest.mark.parametrize("target", ["/en/", "/ar/inquiries/?page=2", "/en/inquiries/new/#content"])
def test_redirect_target_on_this_site_is_kept(rf, target):
    assert safe_target(rf.get("/", {"next": target}), DEFAULT) == target
    assert safe_target(rf.post("/", {"next": target}), DEFAULT) == target


@pytest.mark.parametrize(
    "target",
    [
        "",
        "foo",
        "admin:index",
        "https://evil.example/",
        "http://testserver.evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "\t//evil.example/",
        "javascript:alert(1)",
        "http://[",
    ],
)
def test_redirect_target_elsewhere_is_dropped(rf, target):
    assert safe_target(rf.get("/", {"next": target}), DEFAULT) == DEFAULT
    assert safe_target(rf.post("/", {"next": target}), DEFAULT) == DEFAULT


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


@pytest.mark.parametrize(
    ("address", "of"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::"),
        ("2001:0DB8:0001:0002:FFFF:ffff:ffff:ffff", "2001:db8:1:2::"),
        ("::1", "::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("::ffff:cb00:7109", "203.0.113.9"),
    ],
)
@pytest.mark.parametrize("is_behind_proxy", [False, True])
def test_network_is_ipv4_address_or_ipv6_prefix(settings, address, of, is_behind_proxy):
    """The owner of an IPv6 line may use another of its addresses for each request."""
    settings.BEHIND_TLS_PROXY = is_behind_proxy
    assert network(address) == of
    if is_behind_proxy:
        assert network(PROXY, x_forwarded_for=address) == of


def test_neighbouring_ipv6_prefixes_are_two_networks(settings):
    settings.BEHIND_TLS_PROXY = False
    assert network("2001:db8:1:2::1") != network("2001:db8:1:3::1")
    assert network("203.0.113.9") != network("203.0.113.8")


@pytest.mark.parametrize("forged", [OFFICE, "::1", "garbage", "", ", ,", "a" * 100_000])
def test_forwarded_header_is_ignored_without_proxy(settings, forged):
    settings.BEHIND_TLS_PROXY = False
    assert network("198.51.100.7", x_forwarded_for=forged) == "198.51.100.7"


@pytest.mark.parametrize(
    "came_with_it", ["", "1.2.3.4", "1.2.3.4, 5.6.7.8", "garbage", ",,,", "::1", "9" * 100_000]
)
@pytest.mark.parametrize("space", [" ", "", "  "])
def test_entry_written_by_proxy_counts(settings, came_with_it, space):
    settings.BEHIND_TLS_PROXY = True
    forwarded = f"{came_with_it},{space}{OFFICE}" if came_with_it else OFFICE
    assert network(PROXY, x_forwarded_for=forwarded) == OFFICE


@pytest.mark.parametrize(
    "garbage",
    [
        *("", " ", ",", "unknown", "203.0.113", "203.0.113.256", "203.0.113.9:4711", "[::1]"),
        *("٢٠٣.٠.١١٣.٩", "²03.0.113.9", "203.0.113.09", "1.2.3.4\r\n5.6.7.8", "\0", "g" * 100_000),
    ],
)
def test_invalid_address_is_one_shared_network(settings, garbage):
    """All such requests share one limit; otherwise they would have none."""
    settings.BEHIND_TLS_PROXY = True
    assert network(PROXY, x_forwarded_for=garbage) == NOWHERE
    settings.BEHIND_TLS_PROXY = False
    assert network(garbage) == NOWHERE


def test_a_server_on_a_socket_has_no_addresses(rf, settings):
    request = rf.get("/")
    del request.META["REMOTE_ADDR"]
    for settings.BEHIND_TLS_PROXY in (False, True):
        assert client_network(request) == NOWHERE


@given(st.text())
def test_network_is_short_for_any_forwarded_header(forwarded):
    with override_settings(BEHIND_TLS_PROXY=True):
        assert len(network(PROXY, x_forwarded_for=forwarded)) <= 39
