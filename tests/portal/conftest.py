"""Fixtures of several files of the tests of the portal."""

import pytest

from tests.portal.security_lines import security_log


@pytest.fixture
def lines():
    """Return a function that runs a deed and returns what it leaves in the security log."""
    with security_log() as lines:
        yield lines
