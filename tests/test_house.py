"""Tests of deploy/house.py, the check of templates, style sheets and code in `make check`."""

import subprocess
import sys

import pytest

from deploy.house import ROOT, check, in_code, in_message, in_style_sheet, in_template

# A template, and the line and the text of what is found in it.
FAULTY_TEMPLATES = [
    # A sentence outside of translation
    *(("<p>Send it</p>", 1, "Send it"), ("<p>أرسل</p>", 1, "أرسل")),
    ("{% if a %}\n<p>\n  Send\n  it.</p>{% endif %}", 3, "Send it."),
    *(("{{ count }} days", 1, "days"), ("<p>&eacute;t&eacute;</p>", 1, "été")),
    ("{% block title %}Contact{% endblock %}", 1, "Contact"),
    ("<title>Contact</title>", 1, "Contact"),
    ('<html lang="{{ language }}"><p>Send</p>', 1, "Send"),
    ('<p lang="ar">أرسل</p><p>Send</p>', 1, "Send"),
    ('<div lang="ar"><p>أرسل<br></div>Send', 1, "Send"),
    ("{% translate 'a' %} and {% translate 'b' %}", 1, "and"),
    ("{% blocktranslate %}a{% plural %}b{% endblocktranslate %}\nSend", 2, "Send"),
    ("{# Send #}\n{% comment %}\nSend\n{% endcomment %}\nLook", 5, "Look"),
    # Django shows a tag or a comment over several lines as text.
    ('{% translate\n"Send" %}', 1, '{% translate "Send" %}'),
    ("{# Why\nit is so #}", 1, "{# Why it is so #}"),
    ("{% verbatim %}Send {{ it }}{% endverbatim %}", 1, "Send {{ it }}"),
    ('<img alt="A picture">', 1, "A picture"),
    ('<img\n  src="a.png"\n  alt="A\n  picture">', 4, "A picture"),
    ('<nav aria-label="{{ name }} and more"></nav>', 1, "and more"),
    ('<abbr{% if a %} title="Monday"{% endif %}>M</abbr>', 1, "Monday"),
    ("<input placeholder=Name>", 1, "Name"),
    ('<meta name="description" content="A portal">', 1, "A portal"),
    ('<input type="submit" value="Send">', 1, "Send"),
    ('<option label="All"></option>', 1, "All"),
    ("<h{{ level }}>Send</h{{ level }}>", 1, "Send"),
    # A date in one calendar
    ('<p>{{ day|date:"j F Y" }}</p>', 1, 'day|date:"j F Y"'),
    ("\n<p>{{ day|date }}</p>", 2, "day|date"),
    ("<p>{{ day|default:today|date|upper }}</p>", 1, "day|default:today|date|upper"),
    ('<abbr title="{{ day|date }}">M</abbr>', 1, "day|date"),
    ("{% now 'Y' %}", 1, "now 'Y'"),
    ("<p>{% blocktranslate with d=day|date:'j F' %}\n{{ d }}{% endblocktranslate %}", 2, "d"),
    ("{% with d=day|date %}<p>{{ d|upper }}</p>{% endwith %}", 1, "d|upper"),
    ("{% include 'a.html' with d=day|date %}", 1, "include 'a.html' with d=day|date"),
    # An identifier without isolation
    ("<p>{{ inquiry.reference }}</p>", 1, "inquiry.reference"),
    ("\n<p>\n{{ user.mobile|default:'' }}</p>", 3, "user.mobile"),
    ("<bdi>{{ name }}</bdi> {{ user.email }}", 1, "user.email"),
    ("<p><bdi>{{ name }}<br></bdi>{{ username }}</p>", 1, "username"),
    ("{{ slip.check_code }}", 1, "slip.check_code"),
    ("{{ identity.current_number.number }}", 1, "identity.current_number.number"),
    ("<title>{{ reference }}</title>{{ reference }}", 1, "reference"),
    ("{% block title %}{% endblock %}{{ reference }}", 1, "reference"),
    (
        "{% blocktranslate with to=notice.recipient %}to {{ to }}{% endblocktranslate %}",
        *(1, "notice.recipient"),
    ),
    ("{% with it=inquiry %}{{ it.id_number }}{% endwith %}", 1, "inquiry.id_number"),
    (
        "{% with a=user.email|ltr %}{{ a }}{% endwith %}"
        "{% with a=user %}{{ a.email }}{% endwith %}",
        *(1, "user.email"),
    ),
]
SOUND_TEMPLATES = [
    # Translated text and markup
    "<p>{% translate 'Send it' %}</p>",
    "{% blocktranslate trimmed count n=days %}\n{{ n }} day\n{% plural %}days\n"
    "{% endblocktranslate %}",
    '{% blocktranslate %}Read <a title="more" href="#more">more</a>.{% endblocktranslate %}',
    "{% blocktrans %}Send{% endblocktrans %}",
    "<p>{{ sentence }} · 12 – (5 MB) &rsaquo; &nbsp; x%</p>",
    "{# Send it #}{% comment 'why' %}Send {% now 'Y' %} it{% endcomment %}",
    "<!-- Send it -->",
    '<html lang="ar"><p>أرسل</p><div lang="en"><p>Send</p></div></html>',
    "<script>send(it)</script><style>a { color: red }</style>",
    '<meta name="viewport" content="width=device-width">',
    '<a class="big button" href="/send/it" id="send" data-print hidden>{{ send }}</a>',
    '<button name="decision" value="approve">{{ label }}</button><input value="approve">',
    '<input type="hidden" value="approve">',
    "<img alt=\"{% translate 'A picture' %}\" title=\"{{ title|default:'' }}\">",
    "<img alt='{% blocktranslate %}A picture{% endblocktranslate %}'>",
    '{% include "includes/pages.html" with form_id="one two" %}',
    "{% block bodyclass %}calls{% endblock %}",
    '<a{% if page == "a > b" %} aria-current="page"{% endif %}>{{ page }}</a>',
    # Dates in both calendars, and for machines
    "<p>{{ day|both_calendars }} {{ at|moment }} {{ at|time_of_day|ltr }}</p>",
    "<p>{{ day.date }} {{ text|default:'a|date' }}</p>",
    '<time\n  datetime="{{ day|date:"Y-m-d" }}"\n>{{ day|both_calendars }}</time>',
    "<a href=\"{{ step }}&amp;day={{ day|date:'Y-m-d' }}\">{{ day|both_calendars }}</a>",
    "<input value=\"{{ day|date:'Y-m-d' }}\">",
    "{% with d=day|date:'c' %}<time datetime='{{ d }}'></time>{% endwith %}{{ d }}",
    "{% comment %}{% now 'Y' %}{{ day|date }}{% endcomment %}",
    "{% verbatim %}{{ a|b }}{% endverbatim %}",
    # Isolated identifiers
    "<p>{{ inquiry.reference|reference }} {{ user.email|ltr }} {{ to|masked_recipient }}</p>",
    "<p>{{ notice.recipient|masked_mail }} {{ user.mobile|masked_number }}</p>",
    '<bdi\n  dir="ltr">{{ user.username }}</bdi><p><bdi><b>{{ user.email }}</b></bdi></p>',
    "{% blocktranslate %}to <bdi>{{ mobile }}</bdi>{% endblocktranslate %}",
    "{% blocktranslate with mobile=to|masked_recipient %}{{ mobile }}{% endblocktranslate %}",
    "{% blocktranslate count number=days %}a{% plural %}{{ number }}{% endblocktranslate %}",
    '<input value="{{ user.email }}"><a href="tel:{{ user.mobile }}">{{ name }}</a>',
    "<a href=\"{% url 'inquiries:detail' inquiry.reference %}\">{{ name }}</a>",
    "<title>{{ inquiry.reference }}</title><option>{{ user.email }}</option>",
    "{% block title %}{{ inquiry.reference }}{% endblock %}",
    "{% if user.mobile %}{% comment %}{{ user.mobile }}{% endcomment %}{% endif %}",
    "{{ reference_note }} {{ number.name }} {{ mobiles }}",
]


def found(findings):
    """Return the line and the text of each finding."""
    return [finding[:2] for finding in findings]


def test_only_faults_of_templates_are_found():
    for template, line, what in FAULTY_TEMPLATES:
        assert found(in_template(template)) == [(line, what)], template
    for template in SOUND_TEMPLATES:
        assert not in_template(template), template


def test_only_untranslated_text_in_message_is_found():
    for message, *findings in (
        ("Your code", (1, "Your code")),
        (
            "{% blocktranslate %}Code{% endblocktranslate %}:\n{{ code }}\n\nرمز",
            (1, ":"),
            (4, "رمز"),
        ),
        ("{{ code }} <x", (1, "<x")),
        ('{% blocktranslate with at=start|date:"j F" %}{{ at }}{% endblocktranslate %}', (1, "at")),
        # A message needs no direction marks.
        (
            "{% autoescape off %}{% blocktranslate with r=inquiry.reference %}No. {{ r }} <a & b>"
            '{% endblocktranslate %}\n{% include "messages/a.txt" %}{% endautoescape %}\n',
        ),
        ("{{ inquiry.reference }}\n{{ at|moment_in_words }}\n",),
    ):
        assert found(in_message(message)) == findings, message


def test_only_physical_properties_are_found():
    for sheet, *findings in (
        ("a { margin-left: 1px; }", "1: margin-left: write margin-inline-start"),
        ("a{color:red;PADDING-RIGHT:0}", "1: padding-right: write padding-inline-end"),
        ("/* a\n*/\na {\n  margin-top:\n    0;\n}", "4: margin-top: write margin-block-start"),
        ("a { left: 0 }", "1: left: write inset-inline-start"),
        ("a { bottom: 0 }", "1: bottom: write inset-block-end"),
        ("a { width: 1px }", "1: width: write inline-size"),
        ("@media print { a { max-height: 0 } }", "1: max-height: write max-block-size"),
        ("a { min-width: 1px }", "1: min-width: write min-inline-size"),
        ("a { border-left: 0 }", "1: border-left: write border-inline-start"),
        ("a { border-right-color: red }", "1: border-right-color: write border-inline-end-color"),
        (
            "a { border-top-left-radius: 0 }",
            "1: border-top-left-radius: write border-start-start-radius",
        ),
        ("a { overflow-x: auto }", "1: overflow-x: write overflow-inline"),
        ("a { scroll-margin-top: 0 }", "1: scroll-margin-top: write scroll-margin-block-start"),
        ("a { text-align: left !important }", "1: text-align: left: write start"),
        ("a { float:right }", "1: float: right: write inline-end"),
        ("a { clear: left }", "1: clear: left: write inline-start"),
        ("a { resize: vertical }", "1: resize: vertical: write block"),
        ("a { transition: left 1s }", "1: transition: left: write inset-inline-start"),
        (
            "a { margin: 0 1px 0 calc(2px + (1px * 3)) }",
            "1: margin: 0 1px 0 calc(2px + (1px * 3)): write margin-inline and margin-block",
        ),
        (
            "a { &:hover { width: 0 } left: 0 }",
            *("1: width: write inline-size", "1: left: write inset-inline-start"),
        ),
    ):
        assert [f"{line}: {what}: {say}" for line, what, say in in_style_sheet(sheet)] == findings
    for sheet in (
        "a { margin-inline-start: 1px; inset-block: 0; max-inline-size: 3rem; text-align: end }",
        "/* left: 0; */ a { /* width: 0; */ color: red }",
        "@media (max-width: 40rem) and ( min-height: 1px ) { a { color: red } }",
        "@supports (float: left) { a { color: red } }",
        'a::before { content: "; left: 0; \\"; width: 0"; } a[title="{left:0}"] { color: red }',
        "a { --left: 1px; --width-1: 2px; margin-inline: var(--left) }",
        "a { margin: 0 1px 2px 1px; padding: 1px 2px 3px; inset: 0 calc(1px + 2px) }",
        "a { padding: 0 calc(1px + (2px * 3)) 1px calc(1px + (2px * 3)) !important }",
        "a { caption-side: top; vertical-align: top; line-height: 2; border-radius: 3px }",
        "a { background-position-x: right 40px; object-fit: contain; stroke-width: 2 }",
        "left:hover, .width:focus { color: red }",
    ):
        assert not list(in_style_sheet(sheet)), sheet


def test_a_date_in_one_calendar_is_found_in_code():
    for code, *findings in (
        ("day.strftime('%d/%m')", (1, "day.strftime('%d/%m')")),
        ("a = 1\nb = day.strftime(FORMAT)", (2, "day.strftime(FORMAT)")),
        ("time.strftime('%H:%M %x', at)", (1, "time.strftime('%H:%M %x', at)")),
        ("date_format(day)", (1, "date_format(day)")),
        ("formats.date_format(day, 'j F')", (1, "formats.date_format(day, 'j F')")),
        ("f'{day:%Y-%m-%d}'", (1, "%Y-%m-%d")),
        ("f'{at:%H:%M} {at:%-d.{width}}'", (1, "%-d.")),
        # The time of day is the same in both calendars.
        ("f'{at:%H:%M} {share:.1%} {both_calendars(day)}'",),
        ("at.strftime('%H:%M')",),
        ("key = day.isoformat()",),
        ("'strftime date_format :%Y'  # f'{day:%Y}'",),
    ):
        assert found(in_code(code)) == findings, code


# The project itself


def test_project_passes_check():
    run = subprocess.run(
        [sys.executable, "deploy/house.py"], cwd=ROOT, capture_output=True, text=True
    )
    assert (run.stderr, run.returncode) == ("", 0)


def test_finding_names_place_and_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr("deploy.house.ROOT", tmp_path)
    for name, text in {
        "templates/a/b.html": "\n<p>Send</p>",
        "templates/messages/mails/c.txt": "Send",
        "static/css/d.css": "a { left: 0 }",
        "appointments/e.py": "f'{day:%Y}'",
        "core/hijri.py": "f'{day:%Y}'",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr("deploy.house.EXCEPTIONS", {("static/css/x.css", "left"): "why"})
    with pytest.raises(SystemExit) as end:
        check()
    assert end.value.code.splitlines() == [
        "templates/a/b.html:2: 'Send': put it into {% translate %} or {% blocktranslate %}",
        "templates/messages/mails/c.txt:1: 'Send': put it into {% translate %} or "
        "{% blocktranslate %}",
        "static/css/d.css:1: 'left': write inset-inline-start",
        "appointments/e.py:1: '%Y': show the day with core.hijri.both_calendars",
        "static/css/x.css: 'left' is no longer there: take it out of EXCEPTIONS",
    ]
