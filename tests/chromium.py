"""A pytest plugin that deselects the browser tests where there is no Chromium, with a warning."""

import os
import shutil

import pytest

# The first has no window and takes a third less time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
EXECUTABLE = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    assert EXECUTABLE, "only tests marked `browser` may ask for Chromium"
    return EXECUTABLE


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not EXECUTABLE:
        left_out = [item for item in items if item.get_closest_marker("browser")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if not EXECUTABLE and config.option.markexpr != "not browser":
        terminalreporter.section("BROWSER TESTS LEFT OUT", red=True, bold=True)
        terminalreporter.line("No Chromium here: apt install chromium-headless-shell, or name one")
        terminalreporter.line("in CHROMIUM. Nothing that needs a browser has been tested.")
