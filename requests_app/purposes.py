"""The purposes of the one-time codes of an inquiry."""

from typing import TYPE_CHECKING

from core.accounts.purposes import register

if TYPE_CHECKING:
    from core.accounts.models import User
    from requests_app.models import Inquiry

FILE = register("file", also_by_mail=True)
# Typed by the applicant at the screen of a clerk, whose session it is good in.
FILE_COUNTER = register("file_counter")
CONTACT = register("contact")


def to_file(inquiry: "Inquiry", user: "User") -> str:
    """Return the purpose of the code that files the draft in a session of `user`."""
    return FILE if user.pk == inquiry.applicant_id else FILE_COUNTER
