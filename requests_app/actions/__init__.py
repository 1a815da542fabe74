"""Actions of applicants and officers on inquiries."""

from requests_app.actions.attachments import attach, move_up, remove
from requests_app.actions.chores import end_inquiries, pass_on_inquiries, remind_of_returns
from requests_app.actions.contact_mobile import ask_to_confirm_mobile, confirm_mobile
from requests_app.actions.decisions import (
    approve,
    reject,
    see_held_back,
    send_decisions,
    take_back,
)
from requests_app.actions.drafts import change_subject, delete_draft, save_details, start
from requests_app.actions.escalation import escalate_overdue
from requests_app.actions.expectations import measure_expectations
from requests_app.actions.exports import (
    expire_exports,
    make_exports,
    note_download,
    request_export,
)
from requests_app.actions.follow_up import (
    add_message,
    answer_return,
    ask_back,
    ask_for_review,
    can_ask_back,
    mark_answers_read,
    resume,
    withdraw,
)
from requests_app.actions.handing_back import hand_back, hand_back_hidden, hand_over
from requests_app.actions.invitations import record_invitation, record_withdrawn_invitation
from requests_app.actions.next_inquiry import take_next
from requests_app.actions.notices import notice_of
from requests_app.actions.openings import mark_messages_read, note_opening
from requests_app.actions.preparation import begin_preparing, language_for, prepare
from requests_app.actions.quarantine import scan_quarantined
from requests_app.actions.rights import Deed, Rights, check_may, may, preparation_is_over, rights_of
from requests_app.actions.rules import missing_documents, obstacle
from requests_app.actions.second_reading import confirm_refusal, send_refusal_back
from requests_app.actions.submission import request_confirmation, submit
from requests_app.actions.transfer import transfer
from requests_app.actions.triage import (
    assign,
    claim,
    close,
    look_again,
    note,
    release,
    reopen,
    reply,
    send_back,
)

__all__ = [
    "Deed",
    "Rights",
    "add_message",
    "answer_return",
    "approve",
    "ask_back",
    "ask_for_review",
    "ask_to_confirm_mobile",
    "assign",
    "attach",
    "begin_preparing",
    "can_ask_back",
    "change_subject",
    "check_may",
    "claim",
    "close",
    "confirm_mobile",
    "confirm_refusal",
    "delete_draft",
    "end_inquiries",
    "escalate_overdue",
    "expire_exports",
    "hand_back",
    "hand_back_hidden",
    "hand_over",
    "language_for",
    "look_again",
    "make_exports",
    "mark_answers_read",
    "mark_messages_read",
    "may",
    "measure_expectations",
    "missing_documents",
    "move_up",
    "note",
    "note_download",
    "note_opening",
    "notice_of",
    "obstacle",
    "pass_on_inquiries",
    "preparation_is_over",
    "prepare",
    "record_invitation",
    "record_withdrawn_invitation",
    "reject",
    "release",
    "remind_of_returns",
    "remove",
    "reopen",
    "reply",
    "request_confirmation",
    "request_export",
    "resume",
    "rights_of",
    "save_details",
    "scan_quarantined",
    "see_held_back",
    "send_back",
    "send_decisions",
    "send_refusal_back",
    "start",
    "submit",
    "take_back",
    "take_next",
    "transfer",
    "withdraw",
]
