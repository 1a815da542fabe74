"""Actions of applicants and officers on inquiries."""

from requests_app.actions.attachments import attach, move_up, remove
from requests_app.actions.contact_mobile import ask_to_confirm_mobile, confirm_mobile
from requests_app.actions.drafts import change_subject, delete_draft, save_details, start
from requests_app.actions.follow_up import answer_return, mark_answers_read, withdraw
from requests_app.actions.rules import missing_documents, obstacle
from requests_app.actions.submission import request_confirmation, submit
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
    "mark_answers_read",
    "missing_documents",
    "move_up",
    "note",
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
