"""Steps that wait in the session for the one after them: what has been proven, and when."""

import time

MAX_SECONDS = 15 * 60


def begin(request, step, **facts):
    """From here on `step` waits; the session exists, and codes can be sent for it."""
    request.session[f"pending_{step}"] = {**facts, "at": time.time()}
    request.session.save()


def get(request, step, seconds=MAX_SECONDS):
    """The facts with which `step` was begun; None when it was not, or too long ago."""
    facts = request.session.get(f"pending_{step}")
    return facts if facts and time.time() - facts["at"] <= seconds else None


def end(request, step):
    request.session.pop(f"pending_{step}", None)
