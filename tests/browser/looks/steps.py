"""The steps on a page before it is checked."""

from tests.browser.visitor import file

EMPTIED = """button => {
    button.form.noValidate = true;
    for (const field of button.form.elements) {
        if (field.type === "radio" || field.type === "checkbox") field.checked = false;
        else if (!["hidden", "submit", "button"].includes(field.type)) field.value = "";
    }
}"""
OPENED = "() => document.querySelectorAll('details').forEach(each => { each.open = true; })"

# As idle.js shows the warning before the end of a session.
WARNED = """() => {
    const warning = document.querySelector("[data-idle]");
    const sentence = warning.querySelector("template").content.cloneNode(true);
    warning.querySelector("[role=alert]").append(sentence);
    warning.hidden = false;
}"""


def warn_of_the_end(visitor, _things):
    visitor.page.evaluate(WARNED)


def press(name):
    """Return a step that presses the first button of this name."""
    return _pressing(lambda visitor: visitor.button(name))


def press_selected(selector):
    """Return a step that presses a button without a translated name."""
    return _pressing(lambda visitor: visitor.page.locator(selector))


def send_nothing(name):
    """Return a step that empties the form of this button and presses it."""
    return _pressing(lambda visitor: visitor.button(name), emptied=True)


def send_nothing_selected(selector):
    return _pressing(lambda visitor: visitor.page.locator(selector), emptied=True)


def _pressing(find, *, emptied=False):
    def step(visitor, _things):
        button = find(visitor).first
        if emptied:
            button.evaluate(EMPTIED)
        visitor.click(button)

    return step


# The button under every form of the admin.
save, save_nothing = press_selected("[name=_save]"), send_nothing_selected("[name=_save]")


def send(button, **fields):
    """Return a step that fills in fields by their HTML names, and presses this button."""

    def step(visitor, things):
        enter(**fields)(visitor, things)
        press(button)(visitor, things)

    return step


def send_code(button):
    """Return a step that enters the newest code and presses this button."""
    return lambda visitor, _things: visitor.enter_code(button)


def enter(**fields):
    """Return a step that fills in fields by their HTML names."""

    def step(visitor, things):
        for name, value in fields.items():
            enter_one(visitor, name, str(value).format_map(things))

    return step


def enter_one(visitor, name, value):
    field = visitor.page.locator(f"[name={name}]")
    kind = field.first.evaluate("field => field.type")
    if kind in ("radio", "checkbox"):
        chosen = visitor.page.locator(f'[name={name}][value="{value}"]')
        chosen.evaluate("field => field.checked || field.click()")
    elif kind.startswith("select"):
        field.select_option(value)
    else:
        field.fill(value)


def read_picture(visitor, _things):
    visitor.page.locator("[name=picture]").fill(visitor.digits_in_picture())


def choose_file(name, content):
    """Return a step that chooses a file; `content` is called by the step."""

    def step(visitor, _things):
        visitor.file_field().first.set_input_files(file(name, content()))

    return step


def send_refused(button):
    """Return a step that sends a chosen file, which is refused beside its name."""

    def step(visitor, _things):
        visitor.button(button).first.click()
        visitor.page.locator(".upload [data-state=refused]").wait_for()

    return step


def open_all(visitor, _things):
    """Open all folded details."""
    visitor.page.evaluate(OPENED)
