"""An inquiry that an officer has returned to its applicant."""

import uuid

from requests_app import actions

ASKED_FOR = "Please add a copy of the passport, every page that carries a stamp."


def returned(inquiry, officer):
    """Return a filed inquiry after `officer` has claimed it and sent it back to its applicant."""
    inquiry = actions.claim(actor=officer, inquiry=inquiry, expected_version=inquiry.version)
    return actions.send_back(
        actor=officer,
        inquiry=inquiry,
        expected_version=inquiry.version,
        text=ASKED_FOR,
        idempotency_key=uuid.uuid4(),
    )
