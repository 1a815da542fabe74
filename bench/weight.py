"""Measure the size of each page and how soon it is painted on a slow connection.

    make weight, or TAWASUL_DEMO=1 .venv/bin/python bench/weight.py

It serves the demo as `make run` does, from a temporary folder, and opens each page in both
languages twice: with an empty cache at the speed of the browsers' "Slow 3G", and then with the
cache that this left. The exit status is 1 if a page is larger or shifts more than its limit.
"""

import asyncio
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    ViewportSize,
    async_playwright,
)

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.programs import CHROMIUM

ROOT = Path(__file__).resolve().parent.parent
KB = 1024
MAX_FIRST, MAX_AGAIN, MAX_SHIFT = 88 * KB, 10 * KB, 0.02
SLOW_3G = {"latency": 2000, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
CONCURRENT_PAGES = 4  # they wait for their own slow connection, not for each other
SECONDS_TO_START, SECONDS_TO_ANSWER = 120, 90
PHONE: ViewportSize = {"width": 390, "height": 800}
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
USER, PASSWORD, NUMBER = "aslam", "demo-Tawasul-26", "2000000006"
BORN = {"day": "14", "month": "3", "year": "1986"}
DESCRIPTION = "I paid for the renewal of my iqama three weeks ago and it still waits for the fee."
PUBLIC_PAGES = {
    "home": "",
    "services": "services/",
    "display": "display/",
    "service": "services/iqama-renew/",
    "contact": "contact/",
    "accessibility": "accessibility/",
    "sign in": "account/sign-in/",
    "register": "account/register/",
    "reset": "account/password/reset/",
    "picture by text": "account/picture/by-text/",
    "staff sign in": "staff/login/",
}
OWN = {
    "my page": "my/",
    "account": "account/",
    "my data": "account/data/",
    "sign-in and safety": "account/safety/",
    "people and establishments": "account/links/",
    "messages and language": "account/messages/",
    "change password": "account/password/",
    "change mobile": "account/mobile/",
    "change e-mail": "account/email/",
    "inquiries": "inquiries/",
    "new inquiry": "inquiries/new/",
    "appointments": "appointments/",
    "verify": "appointments/verify/",
    "new appointment": "appointments/new/",
}
PAINTED = """() => new Promise((resolve) => {
    const told = {lcp: 0, cls: 0};
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) told.lcp = entry.startTime;
    }).observe({type: "largest-contentful-paint", buffered: true});
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            if (!entry.hadRecentInput) told.cls += entry.value;
        }
    }).observe({type: "layout-shift", buffered: true});
    document.fonts.ready.then(() => requestAnimationFrame(() => setTimeout(resolve, 200, told)));
})"""


@dataclass
class Visit:
    bytes: int
    requests: int
    lcp: float
    cls: float


def main() -> None:
    if not CHROMIUM:
        sys.exit("No Chromium here: install one, or name it in CHROMIUM.")
    with tempfile.TemporaryDirectory(prefix="tawasul-") as folder, served(Path(folder)) as site:
        exceeded = asyncio.run(measure(site, Path(folder)))
    if exceeded:
        sys.exit("\n".join(["", "Too much:", *exceeded]))


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the portal as `make run` does, with data and log in `folder`; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "DATA_DIR": str(folder)}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "deploy/demo.py", "--host", "127.0.0.1", "--port", str(port)]
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_until_started(server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        if server.poll() is not None:
            print(f"The portal ended by itself:\n{log.read_text()}", file=sys.stderr)
        server.terminate()
        server.wait()


def wait_until_started(server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while "Tawasul is at" not in log.read_text():
        if server.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"The portal did not start:\n{log.read_text()}")
        time.sleep(0.2)


async def measure(site: str, folder: Path) -> list[str]:
    """Print a line for each page, and return a message for each exceeded limit."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        resident = await browser.new_context(viewport=PHONE, locale="en-GB")
        own = await Resident(await resident.new_page(), site, folder).pages()
        cookies = await resident.cookies()
        turns = asyncio.Semaphore(CONCURRENT_PAGES)

        async def row(page: str, address: str, mine: list) -> tuple:
            async with turns:
                return page, *await visit_twice(browser, address, mine)

        rows = [
            asyncio.create_task(row(f"{language} {name}", f"{site}/{language}/{path}", mine))
            for language in ("ar", "en")
            for pages, mine in ((PUBLIC_PAGES, []), (own, cookies))
            for name, path in pages.items()
        ]
        print(f"{'':30}   first visit, slow 3G                    second visit")
        print(f"{'page':30} {'bytes':>9} {'requests':>9} {'LCP':>9} {'CLS':>7} {'bytes':>9}")
        exceeded = [told for each in rows for told in show(*await each)]
        await browser.close()
    return exceeded


def show(page: str, first: Visit, again: Visit) -> Iterator[str]:
    print(
        f"{page:30} {first.bytes:9,} {first.requests:9} {first.lcp:6.0f} ms "
        f"{first.cls:7.3f} {again.bytes:9,}",
        flush=True,
    )
    if first.bytes > MAX_FIRST:
        yield f"{page}: {first.bytes:,} bytes on a first visit, of {MAX_FIRST:,}"
    if again.bytes > MAX_AGAIN:
        yield f"{page}: {again.bytes:,} bytes on a second visit, of {MAX_AGAIN:,}"
    if max(first.cls, again.cls) > MAX_SHIFT:
        yield f"{page}: moves by {max(first.cls, again.cls):.3f}, of {MAX_SHIFT}"


async def visit_twice(browser: Browser, address: str, cookies: list) -> tuple[Visit, Visit]:
    context = await browser.new_context(viewport=PHONE)
    await context.add_cookies(cookies)
    first = await visit(context, address, SLOW_3G)
    again = await visit(context, address, None)
    await context.close()
    return first, again


async def visit(context: BrowserContext, address: str, line: dict | None) -> Visit:
    """Open `address` in a new tab and measure the transfer and the painting."""
    page = await context.new_page()
    page.set_default_timeout(SECONDS_TO_ANSWER * 1000)
    wire = await context.new_cdp_session(page)
    received = []
    wire.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    await wire.send("Network.enable")
    if line:
        await wire.send("Network.emulateNetworkConditions", {"offline": False, **line})
    answer = await page.goto(address, wait_until="networkidle")
    assert answer is not None  # only a jump within a page has none
    if answer.status != 200 or page.url != address:
        raise RuntimeError(f"{address} is not there: {answer.status} {page.url}")
    painted = await page.evaluate(PAINTED)
    await page.close()
    # A response from the cache has the length 0.
    sent = [length for length in received if length]
    return Visit(sum(sent), len(sent), painted["lcp"], painted["cls"])


class Resident:
    """A resident who goes through the steps of the services, so that each page can be opened."""

    def __init__(self, page: Page, site: str, folder: Path) -> None:
        self.page = page
        self.site = site
        self.folder = folder
        self.used: set[str] = set()

    async def pages(self) -> dict[str, str]:
        """Return the paths of the pages by name, without the language."""
        await self.sign_in()
        await self.verify()
        return {**OWN, **await self.book(), **await self.file(), **await self.start_inquiry()}

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.site}/en/{path}")

    async def fill(self, **fields: str) -> None:
        for name, text in fields.items():
            await self.page.fill(f"[name={name}]", text)

    async def press(self, name: str) -> str:
        """Press the button of this name and return the path of the page it leads to."""
        async with self.page.expect_navigation():
            await self.page.get_by_role("button", name=name, exact=True).first.click()
        return self.path()

    async def go_to(self, link: Locator) -> str:
        async with self.page.expect_navigation():
            await link.click()
        return self.path()

    def path(self) -> str:
        return self.page.url.removeprefix(f"{self.site}/en/")

    async def sign_in(self) -> None:
        await self.open("account/sign-in/")
        await self.fill(login=USER, password=PASSWORD)
        await self.press("Continue")
        await self.fill(code=await self.code())
        await self.press("Sign in")

    async def code(self) -> str:
        """Return a new code from the demo phone, once the worker has delivered it."""
        phone = self.folder / "demo-phone.jsonl"
        for _second in range(SECONDS_TO_START):
            lines = phone.read_text().splitlines() if phone.exists() else []
            texts = (json.loads(line)["text"] for line in lines)
            codes = {code for text in texts for code in re.findall(r"\b\d{6}\b", text)}
            if new := codes - self.used:
                self.used |= new
                return new.pop()
            await asyncio.sleep(1)
        raise RuntimeError("No code has arrived on the demo phone.")

    async def verify(self) -> None:
        await self.open("appointments/verify/")
        await self.fill(number=NUMBER, **{f"born_{part}": text for part, text in BORN.items()})
        await self.page.select_option("[name=born_calendar]", "gregorian")
        key = await self.page.input_value("[name=picture_key]")
        await self.fill(picture=self.digits(key))
        await self.press("Verify my data")

    def digits(self, key: str) -> str:
        """Return the digits of the picture, read from the database."""
        query = "SELECT response FROM captcha_captchastore WHERE hashkey = ?"
        connection = sqlite3.connect(self.folder / "db.sqlite3")
        try:
            return connection.execute(query, [key]).fetchone()[0]
        finally:
            connection.close()

    async def book(self) -> dict[str, str]:
        found = {}
        await self.open("appointments/new/")
        await self.choose("service", "resident-services")
        await self.page.select_option("[name=region]", "riyadh")
        found["offices"] = await self.press("Next: choose an office")
        found["days"] = await self.go_to(self.page.locator("main a[href*='office=']").first)
        # The last day, because an appointment within the next hours cannot be moved any more.
        found["times"] = await self.go_to(self.page.locator("main .days a").last)
        found["appointment"] = await self.go_to(self.page.locator("[name=slot]").first)
        await self.press("Confirm the appointment")
        found["slip"] = f"{found['appointment']}slip/"
        found["move"] = f"{found['appointment']}move/"
        found["cancel"] = f"{found['appointment']}cancel/"
        return found

    async def file(self) -> dict[str, str]:
        """File an inquiry; return the paths of its pages."""
        await self.start_inquiry()
        await self.fill(code=await self.code())
        receipt = await self.press("Send")
        inquiry = receipt.removesuffix("receipt/")
        return {"receipt": receipt, "inquiry": inquiry, "withdraw": f"{inquiry}withdraw/"}

    async def start_inquiry(self) -> dict[str, str]:
        """Go through the steps of an inquiry up to the code; return their paths."""
        await self.open("inquiries/new/")
        await self.choose("service", "resident-services")
        found = {"details": await self.press("Next")}
        await self.fill(description=DESCRIPTION)
        found["documents"] = await self.press("Next")
        found["review"] = found["documents"].replace("/documents/", "/review/")
        await self.open(found["review"])
        found["confirm"] = await self.press("Confirm request")
        return found

    async def choose(self, name: str, value: str) -> None:
        field = self.page.locator(f'[name={name}][value="{value}"]')
        await field.evaluate("field => field.click()")


if __name__ == "__main__":
    main()
