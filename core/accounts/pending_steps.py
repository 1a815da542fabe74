"""Steps that wait in the session to be completed, with their facts and time of beginning."""

import time
from typing import Any

from django.http import HttpRequest

MAX_SECONDS = 15 * 60


def begin(request: HttpRequest, step: str, **facts: Any) -> None:
    """Store `step` with its facts in the session, and save it so that it has a key for codes."""
    request.session[f"pending_{step}"] = {**facts, "at": time.time()}
    request.session.save()


def get(request: HttpRequest, step: str, seconds: int = MAX_SECONDS) -> dict[str, Any] | None:
    """Return the facts `step` was begun with; None if it was not, or over `seconds` ago."""
    facts = request.session.get(f"pending_{step}")
    return facts if facts and time.time() - facts["at"] <= seconds else None


def end(request: HttpRequest, step: str) -> None:
    request.session.pop(f"pending_{step}", None)
