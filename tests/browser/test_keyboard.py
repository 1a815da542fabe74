"""Without a mouse: every control can be reached, seen to have the focus, and used."""

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.conftest import signed_in

pytestmark = pytest.mark.browser

# Something with a width drawn around the control that has the focus.
OUTLINE = """() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
}"""
# What a keyboard has to reach, in the order of the page.
CONTROLS = """() => [...document.querySelectorAll(
        "a[href], button, input, select, summary, textarea"
    )]
    .filter((control) => control.type !== "hidden")
    .map((control) => control.outerHTML)"""
FOCUSED = "() => document.activeElement.outerHTML"


def tab(visitor):
    """On to the next control, which shows that it has the focus; its HTML."""
    visitor.page.keyboard.press("Tab")
    control = visitor.page.evaluate(FOCUSED)
    assert visitor.page.evaluate(OUTLINE) >= 2, control
    return control


def enter(visitor):
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("Enter")


def tab_to(visitor, control):
    """Forward to this control, past whatever stands before it."""
    for _control in visitor.page.evaluate(CONTROLS):
        tab(visitor)
        if control.evaluate("control => control === document.activeElement"):
            return
    expect(control).to_be_focused()


def type_into(visitor, label, text):
    """Go on to the field `label` and type."""
    tab_to(visitor, visitor.page.get_by_label(label))
    visitor.page.keyboard.type(text)


def skip_to_the_content(visitor):
    tab(visitor)
    skip = visitor.link("Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("main")).to_be_focused()


def test_signing_in_by_keyboard(visit, resident):
    visitor = visit()
    visitor.open("account/sign-in/")
    skip_to_the_content(visitor)
    type_into(visitor, "Username or ID number", resident.username)
    type_into(visitor, "Password", factories.PASSWORD)
    tab_to(visitor, visitor.button("Continue"))
    enter(visitor)
    expect(visitor.page.locator("h1")).to_have_text("Enter the code")


def test_explaining_by_keyboard(visit, resident):
    draft = factories.draft(resident, is_ready=False)
    visitor = visit()
    visitor.has_the_session_of(signed_in(resident))
    visitor.open(f"inquiries/{draft.reference}/details/")
    skip_to_the_content(visitor)
    tab_to(visitor, visitor.page.get_by_role("link", name="Change"))
    for label in ("Full name", "ID or border number", "Mobile", "Number of an earlier request"):
        tab_to(visitor, visitor.page.get_by_label(label))
    type_into(visitor, "What do you need?", "too short")
    tab_to(visitor, visitor.button("Save and continue"))
    enter(visitor)

    # The summary has the focus; its link leads into the field it is about.
    visitor.is_told("Explain what you need in at least 30 characters.")
    tab(visitor)
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_label("What do you need?")).to_be_focused()
    visitor.page.keyboard.press("Control+A")
    visitor.page.keyboard.type(factories.DESCRIPTION)
    tab_to(visitor, visitor.button("Save and continue"))
    enter(visitor)
    expect(visitor.page.locator("h1")).to_have_text("Add documents")
    draft.refresh_from_db()
    assert draft.description == factories.DESCRIPTION


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_control_is_reached_in_the_order_of_the_page(visit, resident, language, width):
    draft = factories.draft(resident)
    visitor = visit()
    visitor.has_the_session_of(signed_in(resident))
    for place in ("", f"inquiries/{draft.reference}/details/", "account/sign-in/"):
        visitor.open(place)
        controls = visitor.page.evaluate(CONTROLS)
        assert [tab(visitor) for _control in controls] == controls
