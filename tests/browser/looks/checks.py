"""The checks of every page; each yields its faults as text."""

import json
from collections.abc import Iterator
from itertools import chain

from axe_playwright_python.base import AXE_SCRIPT

from tests.browser.looks import Look

# The rules of WCAG 2.2 AA, and best practice: headings in order, one main landmark, named controls.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = {"type": "rule", "values": ["color-contrast"]}
HEIGHT = 800
ENLARGED = {390, 1280}  # the widths at which people may read the text at twice its size

PAGE = """() => {
    const root = document.documentElement;
    return {
        lang: root.lang,
        dir: root.dir,
        h1: document.querySelectorAll("h1").length,
        main: document.querySelectorAll("main, [role=main]").length,
    };
}"""
# Pages wider than the screen, and controls with a part that no scrolling reaches.
TOO_WIDE = """() => {
    const root = document.documentElement;
    const beyond = root.scrollWidth - root.clientWidth;
    if (!beyond) return [];
    const edge = root.clientWidth;
    const out = [...document.body.querySelectorAll("*")].filter((each) => {
        const box = each.getBoundingClientRect();
        return box.right > edge + 1 || box.left < -1;
    });
    const names = out.slice(-2).map((each) => each.outerHTML.replace(/\\s+/g, " ").slice(0, 90));
    return [`scrolls sideways by ${beyond}: ${names.join(" … ")}`];
}"""
CUT_OFF = """() => {
    const wrong = [];
    const edge = document.documentElement.clientWidth;
    const controls = document.querySelectorAll(
        "a[href], button, input:not([type=hidden]), select, summary, textarea"
    );
    for (const control of controls) {
        const box = control.getBoundingClientRect();
        if (box.width <= 1 || box.height <= 1 || !control.checkVisibility()) continue;
        let [left, right] = [0, edge];
        for (let place = control.parentElement; place; place = place.parentElement) {
            const overflow = getComputedStyle(place).overflowX;
            if (overflow === "visible") continue;
            if (overflow === "auto" || overflow === "scroll") {
                [left, right] = [-Infinity, Infinity];
                break;
            }
            const around = place.getBoundingClientRect();
            [left, right] = [Math.max(left, around.left), Math.min(right, around.right)];
        }
        const hides = control.matches("a, button, summary")
            && getComputedStyle(control).overflowX !== "visible";
        const isFull = hides && (control.scrollWidth > control.clientWidth + 1
            || control.scrollHeight > control.clientHeight + 1);
        if (box.left < left - 1 || box.right > right + 1 || isFull) {
            wrong.push(`cut off: ${control.outerHTML.replace(/\\s+/g, " ").slice(0, 90)}`);
        }
    }
    return wrong;
}"""
# Buttons of a form that is not there, and typed text that a switch of the language would lose.
NOT_KEPT = """() => {
    const wrong = [...document.querySelectorAll("button[form]")]
        .filter((button) => !button.form)
        .map((button) => `belongs to no form: ${button.outerHTML.slice(0, 90)}`);
    const typed = [...document.querySelectorAll("main textarea, main input")].filter((field) =>
        ["textarea", "text", "email", "tel"].includes(field.type) && field.checkVisibility());
    const kept = document.querySelector("button[name=switch_language]");
    return wrong.concat(typed.filter((field) => !kept || field.form !== kept.form)
        .map((field) => `lost when the language is switched: ${field.outerHTML.slice(0, 90)}`));
}"""
TEXT_SIZE = "(size) => { document.documentElement.style.fontSize = size; }"


def bring_axe(visitor) -> None:
    """Load axe into every page opened from now on, which is faster than loading it into each."""
    visitor.context.add_init_script(AXE_SCRIPT)


def wrong_on(visitor, look: Look) -> Iterator[str]:
    """Yield the faults of a page; those of its language come from `Visitor.wrong`."""
    page = visitor.page.evaluate(PAGE)
    if look.stands_alone:
        if (page["lang"], page["dir"]) != ("ar", "rtl"):
            yield f"is in {page['lang']}, {page['dir']}"
    else:
        yield from visitor.wrong()
    for part in ("h1", "main"):
        if page[part] != 1:
            yield f"has {page[part]} {part}"
    if not look.path.startswith(("staff/", "demo/")):
        yield from visitor.page.evaluate(NOT_KEPT)
    yield from found_by_axe(visitor, RULES)
    for width in look.widths:
        yield from at_width(visitor, width, TOO_WIDE)
    visitor.page.evaluate(TEXT_SIZE, "200%")
    for width in ENLARGED & {*look.widths}:
        yield from at_width(visitor, width, TOO_WIDE, CUT_OFF, size="text at 200 %")
    visitor.page.evaluate(TEXT_SIZE, "")
    visitor.page.set_viewport_size({"width": look.width, "height": HEIGHT})
    if visitor.language == "en":
        # Axe cannot measure the contrast of joined letters; Arabic has the same colours.
        for scheme in look.schemes[1:]:
            visitor.page.emulate_media(color_scheme=scheme)
            for told in found_by_axe(visitor, CONTRAST):
                yield f"in the {scheme}: {told}"
        visitor.page.emulate_media(color_scheme=look.schemes[0])


def at_width(visitor, width: int, *scripts: str, size: str = "") -> Iterator[str]:
    visitor.page.set_viewport_size({"width": width, "height": HEIGHT})
    for told in chain.from_iterable(map(visitor.page.evaluate, scripts)):
        yield f"{width} px{', ' if size else ''}{size}: {told}"


def found_by_axe(visitor, rules) -> Iterator[str]:
    # Preloading is off, as axe would apply styles that the policy forbids.
    options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
    # Most of the result of axe are passes, and transferring them takes as long as the run itself.
    run = f"axe.run({json.dumps(options)}).then((found) => found.violations)"
    for rule in visitor.page.evaluate(run):
        nodes = [" ".join(node["html"].split())[:120] for node in rule["nodes"]]
        yield f"axe {rule['id']} ({len(nodes)}): {' … '.join(nodes[:3])}"
