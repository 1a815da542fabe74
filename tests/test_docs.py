"""What the documentation names exists."""

import re

import pytest

from tests.database import ROOT

_PATH = re.compile(
    r"`((?:bench|core|requests_app|appointments|tawasul|tests|docs|deploy)/[\w/]+(?:\.(?:py|md)|/))`"
)
_LINK = re.compile(r"\]\(([\w./-]+\.md)\)")
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")} - {ROOT / "CHANGELOG.md"})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_and_pages_that_are_named_exist(page):
    text = page.read_text()
    named = {ROOT / path for path in _PATH.findall(text)}
    named |= {page.parent / link for link in _LINK.findall(text)}
    assert [str(each) for each in sorted(named) if not each.exists()] == []
