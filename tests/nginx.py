"""A pytest plugin that deselects the tests behind nginx where there is none, with a warning."""

import os
import shutil

import pytest

# A user's PATH may lack the folders of programs that mostly root calls.
EXECUTABLE = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not EXECUTABLE:
        left_out = [item for item in items if item.get_closest_marker("nginx")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if not EXECUTABLE and config.option.markexpr != "not nginx":
        terminalreporter.section("TESTS BEHIND NGINX LEFT OUT", red=True, bold=True)
        terminalreporter.line("No nginx here: apt install nginx-light. deploy/nginx.conf has not")
        terminalreporter.line("been tested.")
