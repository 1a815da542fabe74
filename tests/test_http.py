"""What every request and response passes through, and where a form may lead back to."""

import pytest
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from tawasul.http import no_store, refuse_bad_bytes, safe_target

DEFAULT = "/en/my/"


@pytest.fixture
def passes(rf):
    """Whether a request gets past the look at its bytes."""

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
def test_an_address_that_is_text_passes(passes, path):
    assert passes(path)


@pytest.mark.parametrize("path", ["/%00", "/a%00b/", "/?q=%00", "/?%00=1", "/?q=%FF", "/?q=%C0%80"])
def test_an_address_that_is_no_text_does_not(passes, path):
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
def test_a_cookie_has_to_be_text_too(passes, cookie, is_text):
    assert passes(headers={"cookie": cookie}) == is_text


def test_nothing_is_kept_in_a_cache_unless_its_view_says_so(rf):
    assert no_store(lambda request: HttpResponse())(rf.get("/"))["Cache-Control"] == "no-store"
    kept = HttpResponse(headers={"Cache-Control": "max-age=60"})
    assert no_store(lambda request: kept)(rf.get("/"))["Cache-Control"] == "max-age=60"


@pytest.mark.parametrize("target", ["/en/", "/ar/inquiries/?page=2", "/en/inquiries/new/#content"])
def test_a_form_leads_back_to_a_page_of_ours(rf, target):
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
def test_a_form_leads_nowhere_else(rf, target):
    assert safe_target(rf.get("/", {"next": target}), DEFAULT) == DEFAULT
    assert safe_target(rf.post("/", {"next": target}), DEFAULT) == DEFAULT


@given(st.text(alphabet=st.sampled_from("/\\:.?#@ \t\nhtpsevil") | st.characters(codec="utf-8")))
def test_whatever_is_asked_for_is_an_address_on_this_site(target):
    found = safe_target(RequestFactory().post("/", {"next": target}), DEFAULT)
    assert found.startswith("/")
    assert not found.replace("\\", "/").startswith("//")
