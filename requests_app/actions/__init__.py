"""What can be done to an inquiry: by who files it, and by who works on it."""

from requests_app.actions.attaching import attach, move_up, remove
from requests_app.actions.filing import (
    ask_to_confirm_mobile,
    change_subject,
    confirm_mobile,
    delete_draft,
    request_confirmation,
    save_details,
    start,
    submit,
)
from requests_app.actions.following import answer_return, note_read, withdraw
from requests_app.actions.rules import missing_documents, obstacle
from requests_app.actions.triage import (
    approve,
    assign,
    claim,
    close,
    note,
    reject,
    release,
    reply,
    send_back,
)

__all__ = [
    "answer_return",
    "approve",
    "ask_to_confirm_mobile",
    "assign",
    "attach",
    "change_subject",
    "claim",
    "close",
    "confirm_mobile",
    "delete_draft",
    "missing_documents",
    "move_up",
    "note",
    "note_read",
    "obstacle",
    "reject",
    "release",
    "remove",
    "reply",
    "request_confirmation",
    "save_details",
    "send_back",
    "start",
    "submit",
    "withdraw",
]
