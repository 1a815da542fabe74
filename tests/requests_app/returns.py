"""An inquiry that an officer has returned to its applicant."""

from tests.requests_app.people import act

ASKED_FOR = "Please add a copy of the passport, every page that carries a stamp."


def returned(inquiry, officer):
    """Return a filed inquiry after `officer` has claimed it and sent it back to its applicant."""
    return act("returned", act("claimed", inquiry, officer), officer, text=ASKED_FOR)
