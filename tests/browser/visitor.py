"""A person at a browser, who looks at every page that they come to.

SCREENSHOTS=folder keeps the slip as it is printed.
"""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from captcha.models import CaptchaStore
from django.conf import settings
from django.test import Client
from django.utils import translation
from playwright.sync_api import BrowserContext, Locator, expect

from core.messaging.gateways import DemoPhone
from tests.delivery import deliver_due

SCREENSHOTS = os.environ.get("SCREENSHOTS")

ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
# Latin words that an Arabic page may have as they are, a mobile's pattern, and quotations.
KEYS = "Alt|Shift|Control|Option|Firefox|Mac"
LANGUAGE_NEUTRAL = re.compile(f"JPEG|PNG|PDF|CSV|XLSX|WCAG|AA|axe|{KEYS}|05X+|«[^»]*»|“[^”]*”")
OTHER_SCRIPT = {"ar": re.compile("[A-Za-z]{2,}"), "en": re.compile("[\u0620-\u064a]{2,}")}
# The portal's own words: names, addresses and typed text are isolated, so they are left out.
OWN_WORDS = """() => {
    const words = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const place = walker.currentNode.parentElement;
        if (!place.closest("script, style, textarea, bdi, [dir=auto], body [lang]")) {
            words.push(walker.currentNode.data);
        }
    }
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
        for (const place of document.body.querySelectorAll(`[${name}]`)) {
            if (!place.closest("body [lang]")) words.push(place.getAttribute(name));
        }
    }
    return words.join(" ");
}"""
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Visitor:
    """A person at a browser, who reads the portal in one language and uses its controls.

    With `looks`, each page that is opened, and each to which a control leads, is looked at.
    """

    def __init__(
        self, context: BrowserContext, site: str, language: str, *, scripts: bool, looks: bool
    ):
        self.context = context
        self.site = site
        self.language = language
        self.scripts = scripts
        self.looks = looks
        self.page = context.new_page()
        self.troubles: list[str] = []
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self.troubles.append(str(error.error)))
        context.on("response", self._note_response)
        context.on("requestfailed", self._note_failure)

    def reads(self, message: str, **values) -> str:
        """Return an English sentence of the portal in the language of this visitor."""
        with translation.override(self.language):
            return translation.gettext(message) % values

    def named(self, thing) -> str:
        """Return the name of a person, a service or a place in the language of this visitor."""
        with translation.override(self.language):
            return thing.name

    def digits(self, number: object) -> str:
        """Return a number as this visitor types it: in Arabic, with Arabic digits."""
        return str(number).translate(ARABIC_DIGITS if self.language == "ar" else {})

    def open(self, path: str) -> None:
        self.page.goto(f"{self.site}/{self.language}/{path}")
        if self.looks:
            self.look()

    def sign_out(self) -> None:
        self.open("account/")
        self.press("Sign out")

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(self.reads(label))

    def fill(self, label: str, text: str) -> None:
        self.field(label).fill(text)

    def file_field(self) -> Locator:
        """Return the fields to choose files, without those that take a photo."""
        return self.page.locator("input[type=file]:not([capture])")

    def click(self, control: Locator) -> None:
        """Click on a control that leads to a page."""
        with self.page.expect_navigation():
            control.click()
        if self.looks:
            self.look()

    def press(self, name: str) -> None:
        self.click(self.button(name))

    def follow(self, name: str) -> None:
        self.click(self.link(name).first)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=self.reads(name), exact=True)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=self.reads(name), exact=True)

    def path(self) -> str:
        return urlsplit(self.page.url).path

    def shows(self, selector: str, message: str, **values) -> None:
        """Check that the one element of `selector` has the sentence `message`, and no other."""
        expect(self.page.locator(selector)).to_have_text(self.reads(message, **values))

    def is_told(self, message: str, **values) -> None:
        """Check that the focused error summary has `message`, as has the feedback at its field."""
        summary = self.page.locator(".error-summary")
        expect(summary).to_contain_text(self.reads(message, **values))
        expect(summary).to_be_focused()
        self.shows(".invalid-feedback", message, **values)

    def is_told_beside(self, file_name: str, message: str, **values) -> None:
        """Check that a file was refused with `message`, and take it off the page.

        Without scripts, a new page says so, and has no files.
        """
        if not self.scripts:
            self.is_told(message, **values)
            return
        expect(self.page.locator(".upload [data-state=refused] .state")).to_have_text(
            self.reads(message, **values)
        )
        if self.looks:
            self.look()
        self.button(f"{self.reads('Remove')} {file_name}").click()

    def is_done(self, message: str) -> None:
        """Check that the staff site shows `message`."""
        self.shows(".messagelist", message)

    def texts(self) -> list[str]:
        """Deliver the due texts and return all on the demo phone, newest first."""
        deliver_due()
        return [received["text"] for received in DemoPhone().received()]

    def code_on_phone(self) -> str:
        """Return the newest code; the newest text may be a notice that was written before it."""
        return next(code for text in self.texts() for code in re.findall(r"\b\d{6}\b", text))

    def enter_code(self, button: str) -> None:
        self.fill("Code", self.code_on_phone())
        self.press(button)

    def digits_in_picture(self) -> str:
        key = self.page.locator("[name=picture_key]").input_value()
        return CaptchaStore.objects.get(hashkey=key).response

    def use_session_of(self, client: Client) -> None:
        """Sign this visitor in with the session of `client`, without the pages of the sign-in."""
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.site}])

    def cookie(self, name: str) -> str:
        return next(each["value"] for each in self.context.cookies() if each["name"] == name)

    def look(self) -> None:
        """Check width, language and errors of the page; test_look checks the rest."""
        self.page.wait_for_load_state()
        assert self.page.evaluate(BEYOND) == 0, self.page.url
        assert self.wrong() == [], self.page.url
        assert self.troubles == []

    def wrong(self) -> list[str]:
        """Return the faults in the language of the page."""
        root = self.page.evaluate("[document.documentElement.lang, document.documentElement.dir]")
        expected = [self.language, {"ar": "rtl", "en": "ltr"}[self.language]]
        told = [] if root == expected else [f"is in {root}"]
        words = LANGUAGE_NEUTRAL.sub("", self.page.evaluate(OWN_WORDS))
        foreign = dict.fromkeys(OTHER_SCRIPT[self.language].findall(words))
        return [*told, f"says {', '.join(foreign)}"] if foreign else told

    def on_paper(self, name: str) -> bytes:
        """Return the page as a PDF of A4, and keep it beside the screenshots."""
        paper = self.page.pdf(format="A4")
        if SCREENSHOTS:
            (Path(SCREENSHOTS) / f"{self.language}-{name}.pdf").write_bytes(paper)
        return paper

    def _note_console(self, message) -> None:
        if message.type == "error":
            self.troubles.append(f"{self.page.url}: {message.text}")

    def _note_response(self, response) -> None:
        if response.status >= 400:
            self.troubles.append(f"{response.status} {response.url}")

    def _note_failure(self, request) -> None:
        # A request that became a download, or was still loading when the next page was opened, ends
        # as aborted; requests that the policy blocks or the server lacks fail with other names.
        if request.failure != "net::ERR_ABORTED":
            self.troubles.append(f"{request.failure} {request.url}")


def quoted(row) -> str:
    """Return the reference of an inquiry or an appointment as pages show it."""
    number = row.reference
    return f"{number[:4]}-{number[4:8]}-{number[8:]}"


def file(name: str, content: bytes, kind: str = "application/octet-stream") -> dict:
    """Return a file to be chosen in a field for files."""
    return {"name": name, "mimeType": kind, "buffer": content}
