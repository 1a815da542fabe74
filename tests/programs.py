"""A pytest plugin that deselects the tests of programs that are not here, with a warning."""

import os
import shutil
from typing import NamedTuple

import pytest

# A user's PATH may lack the folders of programs that mostly root calls.
_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
# The first has no window and takes a third less time.
_BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _BROWSERS)), None)
NGINX = shutil.which("nginx", path=_PATH)
CLAMD = os.environ.get("CLAMD") or shutil.which("clamd", path=_PATH)


class Program(NamedTuple):
    """The marker of the tests that need it, where it is, and what to say where it is not."""

    marker: str
    executable: str | None
    tests: str
    advice: str


PROGRAMS = (
    Program(
        "browser",
        CHROMIUM,
        "BROWSER TESTS",
        "No Chromium here: apt install chromium-headless-shell, or name one in CHROMIUM. Nothing\n"
        "that needs a browser has been tested.",
    ),
    Program(
        "nginx",
        NGINX,
        "TESTS BEHIND NGINX",
        "No nginx here: apt install nginx-light. deploy/nginx.conf has not been tested.",
    ),
    Program(
        "clamd",
        CLAMD,
        "TESTS OF THE VIRUS SCANNER",
        "No clamd here: apt install clamav-daemon, or name one in CLAMD. How the portal talks to\n"
        "a real one has not been tested.",
    ),
)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    assert CHROMIUM, "only tests marked `browser` may ask for Chromium"
    return CHROMIUM


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    missing = [program.marker for program in PROGRAMS if not program.executable]
    left_out = [item for item in items if any(map(item.get_closest_marker, missing))]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for program in PROGRAMS:
        if not program.executable and config.option.markexpr != f"not {program.marker}":
            terminalreporter.section(f"{program.tests} LEFT OUT", red=True, bold=True)
            for line in program.advice.splitlines():
                terminalreporter.line(line)
