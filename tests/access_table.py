"""The expected answer to each role at every address of the portal, for test_access."""

# `unverified` is an officer without the second factor; the roles after it have given it. `clerk` is
# staff without any permission, `desk` receives people at the office of the appointment, `manager`
# keeps its hours as well, and `chief` is a superuser.
ROLES = (
    *("anonymous", "stranger", "applicant", "beneficiary"),
    *("unverified", "clerk", "desk", "manager", "officer", "chief"),
)


def everybody(status):
    return [status] * len(ROLES)


def people(stranger, applicant, beneficiary):
    """Return the row of a page for users with an identity.

    Anonymous visitors are sent to the sign-in, and staff are refused.
    """
    return ["sign-in", stranger, applicant, beneficiary, *[403] * 6]


def staff(clerk, officer, chief, desk=None, manager=None):
    """Return the row of a page for users with the second factor; others are sent to the login.

    `desk` defaults to the answer for `clerk`, and `manager` to that for `desk`.
    """
    desk = desk or clerk
    return [*["staff"] * 5, clerk, desk, manager or desk, officer, chief]


def but_post(row, post):
    """Return the rows of a page whose form is answered differently from the page itself."""
    return {"*": row, "POST": post}


def each(row, before, *pages):
    """Return the same row for several pages below the address `before`."""
    return {f"{before}{page}": row for page in pages}


FORM_OF_EACH = but_post(people(200, 200, 200), people(302, 302, 302))
FORM_OF_APPLICANT = but_post(people(404, 200, 404), people(404, 302, 404))
JUST_READ = {
    "*": staff(200, 200, 200),
    **dict.fromkeys(("PUT", "DELETE", "POST"), staff(405, 405, 405)),
}

# The answer to each role at each address: a status, or the name of the page for signing in. Where
# methods differ, "*" stands for those not named. The inquiry in the addresses has been filed, the
# appointment has been confirmed, and every user with an identity has verified their data.
INQUIRY = "en/inquiries/<reference:reference>/"
APPOINTMENT = "en/appointments/<reference:reference>/"
ACCOUNT, QUEUE = "en/account/", "en/staff/requests_app/inquiry/"
TABLE = {
    "favicon.ico": everybody(302),
    ".well-known/security.txt": everybody(404),
    **each(everybody(200), "", "healthz", "readyz", "robots.txt"),
    **each(everybody(200), "en/demo/", "components/", "phone/"),
    **each(everybody(200), "en/", "", "contact/", "display/", "services/", "services/<slug:slug>/"),
    "en/other-date/": but_post(everybody(405), everybody(200)),
    "en/check/<slug:code>/": everybody(200),
    "en/my/": people(200, 200, 200),
    f"{ACCOUNT}sign-in/": [200, *[302] * 9],
    f"{ACCOUNT}sign-out/": everybody(302),
    **each(everybody(200), ACCOUNT, "register/", "picture/<slug:key>.png", "password/reset/"),
    **each(everybody(302), ACCOUNT, "register/choose/", "password/reset/new/"),
    f"{ACCOUNT}picture/by-text/": but_post(everybody(200), everybody(302)),
    ACCOUNT: people(200, 200, 200),
    **each(FORM_OF_EACH, ACCOUNT, "password/", "mobile/", "email/"),
    **each(people(302, 302, 302), ACCOUNT, "language/", "devices/<slug:device>/"),
    **each(people(200, 200, 200), ACCOUNT, "people/", "holders/", "acting-as/find/"),
    f"{ACCOUNT}acting-as/": but_post(people(200, 200, 200), people(200, 302, 200)),
    **each(people(200, 200, 200), "en/inquiries/", "", "new/", "new/person/"),
    **each(
        people(404, 200, 200),
        INQUIRY,
        *("", "documents/<int:pk>/", "documents/<int:pk>/preview/", "receipt/"),
    ),
    **each(
        people(404, 302, 302),
        INQUIRY,
        *("details/", "documents/", "review/", "confirm/", "subject/", "subject/person/"),
        *("mobile/", "mobile/send/", "delete/"),
    ),
    f"{INQUIRY}withdraw/": FORM_OF_APPLICANT,
    # The inquiry has not been returned, so there is nothing to answer.
    f"{INQUIRY}answer/": but_post(people(404, 302, 404), people(404, 200, 404)),
    **each(people(200, 200, 200), "en/appointments/", "", "verify/", "new/", "new/person/"),
    # The criteria in the address are for the applicant; others are sent back to the first step.
    **each(people(302, 200, 302), "en/appointments/new/", "office/", "day/", "wait/"),
    "en/appointments/new/time/": but_post(people(302, 200, 302), people(302, 302, 302)),
    **each(people(404, 200, 200), APPOINTMENT, "", "slip/", "calendar/"),
    **each(FORM_OF_APPLICANT, APPOINTMENT, "cancel/", "move/time/"),
    **each(
        people(404, 302, 404),
        APPOINTMENT,
        *("confirm/", "wait/", "wait/stop/"),
    ),
    **each(people(404, 302, 404), "en/appointments/offers/<int:pk>/", "accept/", "decline/"),
    "en/appointments/waiting/<int:pk>/": people(404, 200, 404),
    "en/appointments/waiting/<int:pk>/stop/": people(404, 302, 404),
    **each(people(404, 200, 404), APPOINTMENT, "move/", "move/day/"),
    "en/staff/": staff(200, 200, 200),
    "en/staff/code/": everybody(302),
    "en/staff/login/": {"*": everybody(200), "GET": [*[200] * 5, *[302] * 5]},
    "en/staff/logout/": {
        "*": [*[302] * 5, *[405] * 5],
        "OPTIONS": [*[302] * 5, *[200] * 5],
        "POST": everybody(302),
    },
    "en/staff/password_change/": {"*": staff(200, 200, 200), "DELETE": staff(405, 405, 405)},
    **each(JUST_READ, "en/staff/", "password_change/done/", "jsi18n/"),
    "en/staff/autocomplete/": {
        "*": staff(405, 405, 405),
        "OPTIONS": staff(200, 200, 200),
        **dict.fromkeys(("GET", "HEAD"), staff(403, 403, 403)),
    },
    "en/staff/^(?P<app_label>catalogue|requests_app|appointments)/$": staff(404, 200, 200),
    "en/staff/(?P<url>.*)$": staff(404, 404, 404),
    QUEUE: staff(403, 200, 200),
    f"{QUEUE}<path:object_id>/": staff(302, 302, 302),
    **each(staff(403, 403, 403), QUEUE, "add/", "<path:object_id>/delete/"),
    **each(staff(403, 200, 200), f"{QUEUE}<path:object_id>/", "change/", "history/"),
    **each(staff(403, 302, 302), f"{QUEUE}<int:pk>/", "claim/", "note/"),
    f"{QUEUE}bulk/<slug:name>/": staff(403, 302, 302),
    # The inquiry has no assignee and no outcome, and the form chooses no officer.
    **each(
        but_post(staff(403, 302, 302), staff(403, 200, 200)),
        f"{QUEUE}<int:pk>/",
        *("release/", "assign/", "close/", "answer/"),
    ),
    **each(staff(403, 200, 200), f"{QUEUE}<int:pk>/documents/<int:document_pk>/", "", "preview/"),
}
for model in (
    *("catalogue/service", "catalogue/documenttype", "catalogue/holiday"),
    *("appointments/office", "appointments/openingwindow", "appointments/closure"),
):
    rows = f"en/staff/{model}/"
    TABLE |= each(staff(403, 403, 200), rows, "", "add/")
    TABLE |= each(staff(403, 403, 200), f"{rows}<path:object_id>/", "change/", "history/")
    TABLE[f"{rows}<path:object_id>/"] = staff(302, 302, 302)
    TABLE[f"{rows}<path:object_id>/delete/"] = staff(403, 403, 403)
TABLE["en/staff/catalogue/holiday/<path:object_id>/delete/"] = but_post(
    staff(403, 403, 200), staff(403, 403, 302)
)

OFFICE = "en/staff/appointments/office/"
TABLE |= {
    OFFICE: staff(403, 403, 200, manager=200),
    f"{OFFICE}<path:object_id>/change/": but_post(
        staff(403, 403, 200, manager=200), staff(403, 403, 200, manager=403)
    ),
    # Managers do not find rows of other offices.
    f"{OFFICE}<path:object_id>/history/": staff(302, 302, 200, desk=403, manager=200),
    **each(staff(403, 403, 200, manager=200), f"{OFFICE}<int:pk>/figures/", "", "csv/", "xlsx/"),
}
HOURS = "en/staff/appointments/openingwindow/"
TABLE |= {
    **each(staff(403, 403, 200, manager=200), HOURS, "", "add/", "<path:object_id>/change/"),
    f"{HOURS}<path:object_id>/history/": staff(302, 302, 200, desk=403, manager=200),
}
# The closure applies to every office, so managers may not change it.
CLOSURE = "en/staff/appointments/closure/"
TABLE |= {
    **each(staff(403, 403, 200, manager=200), CLOSURE, "", "add/"),
    f"{CLOSURE}<path:object_id>/change/": staff(403, 403, 200, manager=302),
    f"{CLOSURE}<path:object_id>/history/": staff(302, 302, 200),
    f"{CLOSURE}<path:object_id>/delete/": but_post(
        staff(403, 403, 200, manager=302), staff(403, 403, 302, manager=302)
    ),
}

# Superusers may receive people only where they are clerks.
DESK = "en/staff/appointments/appointment/"
TABLE |= {
    **each(staff(403, 403, 200, desk=200), DESK, "", "today/", "walk-in/", "calls/"),
    **each(staff(403, 403, 403), DESK, "add/", "<path:object_id>/delete/"),
    f"{DESK}<path:object_id>/": staff(302, 302, 302),
    f"{DESK}<path:object_id>/change/": staff(403, 403, 404, desk=200),
    f"{DESK}<path:object_id>/history/": staff(302, 302, 302, desk=200),
    f"{DESK}<int:pk>/<slug:button>/press/": staff(403, 403, 404, desk=302),
}

# The page of a code requires the step before it.
for step in ("", "register/", "password/reset/", "picture/by-text/", "mobile/", "email/"):
    TABLE |= each(everybody(302), f"{ACCOUNT}{step}", "code/", "code/resend/")

# The rows that differ when the inquiry is a draft. Its form names the establishment, for which the
# applicant does not act at the moment. Its mobile is that of the account, so it needs no code.
DRAFT_TABLE = {
    **each(people(404, 302, 404), INQUIRY, "", "receipt/", "mobile/", "mobile/send/"),
    **each(FORM_OF_APPLICANT, INQUIRY, "details/", "review/"),
    **each(
        people(404, 200, 404),
        INQUIRY,
        *("documents/", "documents/<int:pk>/", "documents/<int:pk>/preview/"),
        *("confirm/", "subject/", "subject/person/"),
    ),
    **each(people(404, 404, 404), INQUIRY, "withdraw/", "answer/"),
    f"{QUEUE}<path:object_id>/change/": staff(403, 404, 404),
    f"{QUEUE}<path:object_id>/history/": staff(302, 302, 302),
    **each(
        staff(403, 404, 404),
        f"{QUEUE}<int:pk>/",
        *("claim/", "release/", "assign/", "note/", "close/", "answer/"),
        *("documents/<int:document_pk>/", "documents/<int:document_pk>/preview/"),
    ),
    # The files of the draft are gone after this, as no transaction brings them back.
    f"{INQUIRY}delete/": FORM_OF_APPLICANT,
}

# The rows that differ when the appointment is held and not confirmed.
HELD_TIME_TABLE = {
    APPOINTMENT: people(404, 200, 404),
    **each(
        people(404, 302, 404), APPOINTMENT, "slip/", "cancel/", "move/", "move/day/", "move/time/"
    ),
    f"{APPOINTMENT}calendar/": people(404, 404, 404),
    f"{DESK}<path:object_id>/change/": staff(403, 403, 404, desk=404),
    f"{DESK}<path:object_id>/history/": staff(302, 302, 302),
    f"{DESK}<int:pk>/<slug:button>/press/": staff(403, 403, 404, desk=404),
}
