"""Texts in both directions: each line begins at its own side, on the page and at the desk alike."""

import uuid

import pytest

from requests_app import actions
from tests import factories
from tests.conftest import signed_in, signed_in_staff

pytestmark = pytest.mark.browser

LINES = [
    ("right", "دفعت رسوم التجديد (Renewal fee) في 12 صفر."),
    ("left", "The bank confirms: paid (تم الدفع) on 12 Safar."),
    ("right", "ولم تظهر بعد!"),
]
TEXT = "\n".join(line for _side, line in LINES)
# The side of its box at which each line of text begins or ends flush.
SIDES = """boxes => boxes.map(box => {
    const style = getComputedStyle(box), edges = box.getBoundingClientRect();
    const left = edges.left + parseFloat(style.paddingLeft) + parseFloat(style.borderLeftWidth);
    const right = edges.right - parseFloat(style.paddingRight) - parseFloat(style.borderRightWidth);
    return [...box.childNodes].filter(node => node.textContent.trim()).map(node => {
        const range = document.createRange();
        range.selectNodeContents(node);
        const line = range.getBoundingClientRect();
        return Math.abs(line.left - left) < Math.abs(line.right - right) ? "left" : "right";
    });
})"""
IN_FIELDS = "fields => fields.map(field => getComputedStyle(field).unicodeBidi)"


@pytest.mark.parametrize("width", [1280])
def test_each_line_begins_at_its_own_side(visit_in, resident, officer, reference):
    draft = factories.draft(resident, is_ready=False)
    details = factories.details_of(draft, description=TEXT)
    actions.save_details(actor=resident, inquiry=draft, **details)
    inquiry = factories.submitted(draft)
    inquiry = actions.claim(actor=officer, inquiry=inquiry, expected_version=inquiry.version)
    for act in (actions.note, actions.reply):
        inquiry.refresh_from_db()
        act(
            actor=officer,
            inquiry=inquiry,
            expected_version=inquiry.version,
            text=TEXT,
            idempotency_key=uuid.uuid4(),
        )
    sides = [side for side, _line in LINES]
    for language in ("ar", "en"):
        for session, address, texts, fields in (
            (signed_in(resident), f"inquiries/{inquiry.reference}/", 2, 0),
            (signed_in(resident), f"inquiries/{inquiry.reference}/withdraw/", 0, 1),
            (signed_in_staff(officer), f"staff/requests_app/inquiry/{inquiry.pk}/change/", 3, 2),
        ):
            visitor = visit_in(language)
            visitor.use_session_of(session)
            visitor.open(address)
            shown = visitor.page.locator(".typed").evaluate_all(SIDES)
            assert shown == [sides] * texts, (language, address)
            written = visitor.page.locator("textarea").evaluate_all(IN_FIELDS)
            assert written == ["plaintext"] * fields, (language, address)
