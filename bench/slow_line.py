"""Measure signing in, filing and booking as a whole on a slow line and a slow phone.

    make weight, or TAWASUL_DEMO=1 .venv/bin/python bench/slow_line.py

It serves the demo as bench/weight.py does, and takes each journey in Chromium, which has nothing in
its cache at first, over a line of 0.5 Mbit/s with a latency of 400 ms and with a quarter of the
CPU. It prints for each step the seconds from the click until the next page has loaded, and the
bytes received. Reading, typing, and the time until a code has come are not in it.
"""

import asyncio
import io
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Locator, Page, async_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.weight import DESCRIPTION, FLAGS, PHONE, Resident, served
from tests.programs import CHROMIUM

BYTES_A_SECOND = 500_000 / 8
LINE = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": BYTES_A_SECOND,
    "uploadThroughput": BYTES_A_SECOND,
}
TIMES_SLOWER = 4
SECONDS_TO_LOAD = 90


def main() -> None:
    if not CHROMIUM:
        sys.exit("No Chromium here: install one, or name it in CHROMIUM.")
    with tempfile.TemporaryDirectory(prefix="tawasul-") as folder, served(Path(folder)) as site:
        asyncio.run(measure(site, Path(folder)))


async def measure(site: str, folder: Path) -> None:
    print(f"\n{'0.5 Mbit/s, 400 ms, a quarter of the CPU':50} {'seconds':>9} {'bytes':>9}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        codes: set[str] = set()  # that were typed already
        for name in ("sign in", "file", "book"):
            await travel(name, browser, site, folder, codes)
        await browser.close()


async def travel(name: str, browser: Browser, site: str, folder: Path, codes: set[str]) -> None:
    context = await browser.new_context(viewport=PHONE, locale="en-GB")
    traveller = Traveller(await context.new_page(), site, folder)
    traveller.used = codes
    if name == "sign in":
        await traveller.slow_down()
        await traveller.open("")
        await traveller.sign_in()
    else:
        await traveller.sign_in()
        await traveller.verify()
        await traveller.slow_down()
        await (traveller.file() if name == "file" else traveller.book())
    for step, seconds, received in traveller.steps:
        print(f"  {step[:48]:48} {seconds:9.1f} {received:9,}")
    seconds = sum(seconds for _step, seconds, _received in traveller.steps)
    received = sum(received for _step, _seconds, received in traveller.steps)
    print(f"{name + ', as a whole':50} {seconds:9.1f} {received:9,}", flush=True)
    await context.close()


class Traveller(Resident):
    """A resident whose steps are measured from the moment at which they are slowed down."""

    def __init__(self, page: Page, site: str, folder: Path) -> None:
        super().__init__(page, site, folder)
        page.set_default_timeout(SECONDS_TO_LOAD * 1000)
        self.is_slow = False
        self.received = 0
        self.steps: list[tuple[str, float, int]] = []

    async def slow_down(self) -> None:
        wire = await self.page.context.new_cdp_session(self.page)
        wire.on("Network.loadingFinished", self._receive)
        await wire.send("Network.enable")
        await wire.send("Network.clearBrowserCache")
        await wire.send("Network.emulateNetworkConditions", LINE)
        await wire.send("Emulation.setCPUThrottlingRate", {"rate": TIMES_SLOWER})
        self.is_slow = True

    def _receive(self, event: dict) -> None:
        self.received += event["encodedDataLength"]

    async def open(self, path: str) -> None:
        await self._measured(f"open /{path}", super().open(path))

    async def press(self, name: str) -> str:
        await self._measured(name, super().press(name))
        return self.path()

    async def go_to(self, link: Locator) -> str:
        text = " ".join((await link.inner_text()).split())
        await self._measured(text, super().go_to(link))
        return self.path()

    async def _measured(self, step: str, taking: Awaitable[object]) -> None:
        before, self.received = time.monotonic(), 0
        await taking
        seconds = time.monotonic() - before
        # Some bytes are received after a page has loaded.
        await self.page.wait_for_load_state("networkidle")
        if self.is_slow:
            self.steps.append((step, seconds, self.received))

    async def start_inquiry(self) -> dict[str, str]:
        """Go through the steps of an inquiry with a picture of 20 KB, up to the code."""
        await self.open("inquiries/new/")
        await self.choose("service", "resident-services")
        await self.press("Next")
        await self.fill(description=DESCRIPTION)
        await self.press("Next")
        await self.page.locator("input[type=file]:not([capture])").set_input_files(
            {"name": "page.jpg", "mimeType": "image/jpeg", "buffer": picture()}
        )
        await self.press("Add")
        await self.go_to(self.page.locator("main").get_by_role("link", name="Next"))
        await self.press("Confirm request")
        return {}


def picture() -> bytes:
    """Return a JPEG of 20 KB."""
    content = io.BytesIO()
    Image.effect_noise((300, 200), 60).save(content, "JPEG", quality=45)
    return content.getvalue()


if __name__ == "__main__":
    main()
