"""The inquiries of the demo: who asked what, and what became of it."""

import json
import random
import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.utils import translation

from core.accounts.models import Identity, OneTimeCode, Recovery, User
from core.catalogue.models import DocumentType, Service
from core.messaging.encryption import decrypt
from core.messaging.models import Message
from requests_app import actions
from requests_app.actions import decisions
from requests_app.models import Inquiry
from tawasul.portal.demo_data.chronicle import Chronicle
from tawasul.portal.demo_data.days import Days
from tawasul.portal.demo_data.documents import paper_of, usual_name
from tawasul.portal.demo_data.people import account, identity_of, named

FOLDER = Path(__file__).parent
FILES = ("citizens", "residents", "employers")
OFFICERS = ("officer", "officer2")
SUPERVISOR, CLERK = "supervisor", "clerk"
PROOF = "supporting-proof"
DECISIONS = ("approve", "reject", "reject_to_be_read")
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
MINUTE = timedelta(minutes=1)

# What happened to an inquiry: the deed, how many working days after the filing, its text (of
# `claim` and `assign` the officer), and the name of a document that came with it.
Step = list[Any]


def stories() -> list[dict[str, Any]]:
    """Return what the files tell of each inquiry."""
    return [
        story
        for name in FILES
        for story in json.loads((FOLDER / f"inquiries_of_{name}.json").read_text("utf-8"))
    ]


def add_inquiries(chronicle: Chronicle, days: Days) -> None:
    for number, story in enumerate(stories()):
        _Told(number, story).add_to(chronicle, days)


class _Told:
    """One inquiry on its way through the directorate."""

    def __init__(self, number: int, story: dict[str, Any]) -> None:
        self.number, self.story = number, story
        self.random = random.Random(number)  # noqa: S311 - the same times at each start
        self.applicant = account(story["by"])
        self.officer = account(OFFICERS[number % len(OFFICERS)])
        self.inquiry: Inquiry

    def add_to(self, chronicle: Chronicle, days: Days) -> None:
        ago = self.story["ago"]
        at = days.at(-ago, self.random.randrange(8 * 60, 13 * 60))
        if not ago:
            at = days.now - self.random.randrange(15, 200) * MINUTE
        chronicle.add(at, self._file)
        for step in self.story["then"]:
            deed, later, *words = step
            at = max(at + self.random.randrange(25, 80) * MINUTE, self._hour(days, ago - later))
            chronicle.add(at, partial(self._take, deed, *words))
            if deed in DECISIONS:
                leaves_at = at + settings.DECISION_MINUTES * MINUTE
                chronicle.add(leaves_at, actions.send_decisions)

    def _hour(self, days: Days, ago: int) -> datetime:
        return days.at(-ago, self.random.randrange(8 * 60, 14 * 60))

    # What the applicant does, or the clerk with them

    def _file(self) -> None:
        story, applicant = self.story, self.applicant
        at_counter = story.get("counter", False)
        actor = account(CLERK) if at_counter else applicant
        with translation.override(applicant.language):
            self.inquiry = self._prepared(actor) if at_counter else self._started()
            actions.save_details(
                actor=actor,
                inquiry=self.inquiry,
                mobile=self.inquiry.mobile,
                description=story["text"],
            )
            kinds = list(self.inquiry.service.documents.all())
            if story.get("proof"):
                kinds += self.inquiry.service.optional_documents.filter(slug=PROOF)
            for kind in kinds:
                self._attach(actor, kind)
            if not story.get("draft"):
                self.inquiry = self._sent(actor)

    def _started(self) -> Inquiry:
        return actions.start(
            actor=self.applicant,
            holder=self._holder(),
            beneficiary=self._beneficiary(),
            service=self._service(),
            idempotency_key=self._key("file"),
        )

    def _prepared(self, clerk: User) -> Inquiry:
        person = identity_of(self.applicant)
        return actions.prepare(
            actor=clerk,
            person=person,
            document=Recovery.Document.NATIONAL_ID,
            document_end=str(person.current_number)[-4:],
            holder=self._holder(),
            beneficiary=self._beneficiary(),
            service=self._service(),
            idempotency_key=self._key("file"),
        )

    def _sent(self, actor: User) -> Inquiry:
        session = f"demo {self.number}"
        code = actions.request_confirmation(
            actor=actor,
            inquiry=self.inquiry,
            session_key=session,
            shown=self.inquiry.content_digest(),
        )
        return actions.submit(
            actor=actor, inquiry=self.inquiry, session_key=session, guess=code_in_text_of(code)
        )

    def _attach(self, actor: User, kind: DocumentType, name: str = "") -> None:
        name = name or usual_name(kind, self.applicant.language)
        paper = paper_of(kind, self.inquiry.beneficiary, name)
        actions.attach(actor=actor, inquiry=self.inquiry, document_type=kind, uploads=[paper])

    # What becomes of it

    def _take(self, deed: str, *words: str) -> None:
        # A chore of the worker may have changed it since.
        self.inquiry.refresh_from_db()
        with translation.override(self.applicant.language):
            if deed == "read":
                actions.mark_answers_read(actor=self.applicant, inquiry=self.inquiry)
            elif deed in _OF_APPLICANTS:
                self._answer(deed, *words)
            else:
                self._work(deed, *words)

    def _answer(self, deed: str, text: str, document: str = "") -> None:
        if document:
            self._attach(self.applicant, DocumentType.objects.get(slug=PROOF), document)
        self.inquiry = _OF_APPLICANTS[deed](
            actor=self.applicant,
            inquiry=self.inquiry,
            expected_version=self.inquiry.version,
            text=text,
            idempotency_key=self._key(deed),
        )

    def _work(self, deed: str, words: str = "") -> None:
        if deed == "claim" and words:
            self.officer = account(words)
        actor = account(SUPERVISOR) if deed in ("assign", "reopen") else self.officer
        actions.note_opening(actor=actor, inquiry=self.inquiry)
        fields: dict[str, Any] = {
            "actor": actor,
            "inquiry": self.inquiry,
            "expected_version": self.inquiry.version,
        }
        if deed == "assign":
            self.officer = fields["officer"] = account(words)
        elif words and deed != "claim":
            fields |= {"text": words, "idempotency_key": self._key(deed, words)}
        if deed in DECISIONS:
            for document in self.inquiry.attachments.sent():
                actions.note_opening(actor=actor, inquiry=self.inquiry, document=document)
        self.inquiry = _DEEDS[deed](**fields)

    # Who and what it is about

    def _holder(self) -> Identity:
        name = self.story.get("as")
        return named(name) if name else identity_of(self.applicant)

    def _beneficiary(self) -> Identity:
        name = self.story.get("for")
        return named(name) if name else identity_of(self.applicant)

    def _service(self) -> Service:
        return Service.objects.get(slug=self.story["service"])

    def _key(self, *deed: str) -> uuid.UUID:
        return uuid.uuid5(uuid.NAMESPACE_URL, " ".join(("demo inquiry", str(self.number), *deed)))


def code_in_text_of(code: OneTimeCode) -> str:
    """Return the digits that were texted, as the person reads them."""
    text = decrypt(Message.objects.get(idempotency_key=code.pk).text)
    return _CODE.findall(text)[0]


def _decide(decide: Callable[..., Inquiry], *, is_drawn: bool, **decision: Any) -> Inquiry:
    """Approve or reject; `is_drawn` says whether a second officer has to read a refusal."""
    with patch.object(decisions, "is_drawn", return_value=is_drawn):
        return decide(**decision)


_OF_APPLICANTS: dict[str, Callable[..., Inquiry]] = {
    "answer": actions.answer_return,
    "withdraw": actions.withdraw,
    "ask_for_review": actions.ask_for_review,
}
_DEEDS: dict[str, Callable[..., Inquiry]] = {
    "claim": actions.claim,
    "release": actions.release,
    "assign": actions.assign,
    "note": actions.note,
    "reply": actions.reply,
    "return": actions.send_back,
    "approve": partial(_decide, actions.approve, is_drawn=False),
    "reject": partial(_decide, actions.reject, is_drawn=False),
    "reject_to_be_read": partial(_decide, actions.reject, is_drawn=True),
    "reopen": actions.reopen,
    "close": actions.close,
}
