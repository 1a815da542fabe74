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


# The answer to each role at each address: a status, or the name of the page for signing in. Where
# methods differ, "*" stands for those not named. The inquiry in the addresses has been filed, the
# appointment has been confirmed, and every user with an identity has verified their data.
TABLE = {
    "healthz": everybody(200),
    "readyz": everybody(200),
    "demo/components/": everybody(200),
    "demo/phone/": everybody(200),
    "en/": everybody(200),
    "en/contact/": everybody(200),
    "en/display/": everybody(200),
    "en/other-date/": {"*": everybody(405), "POST": everybody(200)},
    "en/services/": everybody(200),
    "en/services/<slug:slug>/": everybody(200),
    "en/my/": people(200, 200, 200),
    "en/account/sign-in/": [200, *[302] * 9],
    "en/account/sign-out/": everybody(302),
    "en/account/register/": everybody(200),
    "en/account/register/choose/": everybody(302),
    "en/account/picture/<slug:key>.png": everybody(200),
    "en/account/picture/by-text/": {"*": everybody(200), "POST": everybody(302)},
    "en/account/password/reset/": everybody(200),
    "en/account/password/reset/new/": everybody(302),
    "en/account/": people(200, 200, 200),
    "en/account/password/": {"*": people(200, 200, 200), "POST": people(302, 302, 302)},
    "en/account/mobile/": {"*": people(200, 200, 200), "POST": people(302, 302, 302)},
    "en/account/email/": {"*": people(200, 200, 200), "POST": people(302, 302, 302)},
    "en/account/language/": people(302, 302, 302),
    "en/account/devices/<slug:device>/": people(302, 302, 302),
    "en/account/acting-as/": {"*": people(200, 200, 200), "POST": people(200, 302, 200)},
    "en/inquiries/": people(200, 200, 200),
    "en/inquiries/new/": people(200, 200, 200),
    "en/inquiries/<reference:reference>/": people(404, 200, 200),
    "en/inquiries/<reference:reference>/details/": people(404, 302, 302),
    "en/inquiries/<reference:reference>/documents/": people(404, 302, 302),
    "en/inquiries/<reference:reference>/documents/<int:pk>/": people(404, 200, 200),
    "en/inquiries/<reference:reference>/documents/<int:pk>/preview/": people(404, 200, 200),
    "en/inquiries/<reference:reference>/review/": people(404, 302, 302),
    "en/inquiries/<reference:reference>/confirm/": people(404, 302, 302),
    "en/inquiries/<reference:reference>/receipt/": people(404, 200, 200),
    "en/inquiries/<reference:reference>/subject/": people(404, 302, 302),
    "en/inquiries/<reference:reference>/mobile/": people(404, 302, 302),
    "en/inquiries/<reference:reference>/mobile/send/": people(404, 302, 302),
    "en/inquiries/<reference:reference>/delete/": people(404, 302, 302),
    "en/inquiries/<reference:reference>/withdraw/": {
        "*": people(404, 200, 404),
        "POST": people(404, 302, 404),
    },
    # The inquiry has not been returned, so there is nothing to answer.
    "en/inquiries/<reference:reference>/answer/": {
        "*": people(404, 302, 404),
        "POST": people(404, 200, 404),
    },
    "en/check/<slug:code>/": everybody(200),
    "en/appointments/": people(200, 200, 200),
    "en/appointments/verify/": people(200, 200, 200),
    "en/appointments/new/": people(200, 200, 200),
    # The criteria in the address are for the applicant; others are sent back to the first step.
    "en/appointments/new/office/": people(302, 200, 302),
    "en/appointments/new/day/": people(302, 200, 302),
    "en/appointments/new/time/": {"*": people(302, 200, 302), "POST": people(302, 302, 302)},
    "en/appointments/<reference:reference>/": people(404, 200, 200),
    "en/appointments/<reference:reference>/slip/": people(404, 200, 200),
    "en/appointments/<reference:reference>/calendar/": people(404, 200, 200),
    "en/appointments/<reference:reference>/cancel/": {
        "*": people(404, 200, 404),
        "POST": people(404, 302, 404),
    },
    **{
        f"en/appointments/<reference:reference>/{button}/": people(404, 302, 404)
        for button in (
            *("confirm", "wait", "wait/stop", "offers/<int:pk>/accept", "offers/<int:pk>/decline"),
        )
    },
    "en/appointments/<reference:reference>/move/": people(404, 200, 404),
    "en/appointments/<reference:reference>/move/day/": people(404, 200, 404),
    "en/appointments/<reference:reference>/move/time/": {
        "*": people(404, 200, 404),
        "POST": people(404, 302, 404),
    },
    "en/staff/": staff(200, 200, 200),
    "en/staff/code/": everybody(302),
    "en/staff/login/": {"*": everybody(200), "GET": [*[200] * 5, *[302] * 5]},
    "en/staff/logout/": {
        "*": [*[302] * 5, *[405] * 5],
        "OPTIONS": [*[302] * 5, *[200] * 5],
        "POST": everybody(302),
    },
    "en/staff/password_change/": {"*": staff(200, 200, 200), "DELETE": staff(405, 405, 405)},
    "en/staff/password_change/done/": {
        "*": staff(200, 200, 200),
        **dict.fromkeys(("PUT", "DELETE", "POST"), staff(405, 405, 405)),
    },
    "en/staff/autocomplete/": {
        "*": staff(405, 405, 405),
        "OPTIONS": staff(200, 200, 200),
        **dict.fromkeys(("GET", "HEAD"), staff(403, 403, 403)),
    },
    "en/staff/jsi18n/": {
        "*": staff(200, 200, 200),
        **dict.fromkeys(("PUT", "DELETE", "POST"), staff(405, 405, 405)),
    },
    "en/staff/^(?P<app_label>catalogue|requests_app|appointments)/$": staff(404, 200, 200),
    "en/staff/(?P<url>.*)$": staff(404, 404, 404),
    "en/staff/requests_app/inquiry/": staff(403, 200, 200),
    "en/staff/requests_app/inquiry/add/": staff(403, 403, 403),
    "en/staff/requests_app/inquiry/<path:object_id>/": staff(302, 302, 302),
    "en/staff/requests_app/inquiry/<path:object_id>/change/": staff(403, 200, 200),
    "en/staff/requests_app/inquiry/<path:object_id>/delete/": staff(403, 403, 403),
    "en/staff/requests_app/inquiry/<path:object_id>/history/": staff(403, 200, 200),
    **{
        f"en/staff/requests_app/inquiry/<int:pk>/{button}/": staff(403, 302, 302)
        for button in ("claim", "note")
    },
    # The inquiry has no assignee and no outcome, and the form chooses no officer.
    **{
        f"en/staff/requests_app/inquiry/<int:pk>/{button}/": {
            "*": staff(403, 302, 302),
            "POST": staff(403, 200, 200),
        }
        for button in ("release", "assign", "close")
    },
    "en/staff/requests_app/inquiry/bulk/<slug:name>/": staff(403, 302, 302),
    "en/staff/requests_app/inquiry/<int:pk>/answer/": {
        "*": staff(403, 302, 302),
        "POST": staff(403, 200, 200),
    },
    "en/staff/requests_app/inquiry/<int:pk>/documents/<int:document_pk>/": staff(403, 200, 200),
    "en/staff/requests_app/inquiry/<int:pk>/documents/<int:document_pk>/preview/": staff(
        *(403, 200, 200)
    ),
}
CHIEF_MODELS = (
    *("catalogue/service", "catalogue/documenttype", "catalogue/holiday"),
    *("appointments/office", "appointments/openingwindow", "appointments/closure"),
)
for model in CHIEF_MODELS:
    TABLE |= {
        f"en/staff/{model}/": staff(403, 403, 200),
        f"en/staff/{model}/add/": staff(403, 403, 200),
        f"en/staff/{model}/<path:object_id>/": staff(302, 302, 302),
        f"en/staff/{model}/<path:object_id>/change/": staff(403, 403, 200),
        f"en/staff/{model}/<path:object_id>/delete/": staff(403, 403, 403),
        f"en/staff/{model}/<path:object_id>/history/": staff(403, 403, 200),
    }
for model in ("catalogue/holiday", "appointments/closure"):
    TABLE[f"en/staff/{model}/<path:object_id>/delete/"] = {
        "*": staff(403, 403, 200),
        "POST": staff(403, 403, 302),
    }

OFFICE = "en/staff/appointments/office/"
TABLE |= {
    OFFICE: staff(403, 403, 200, manager=200),
    f"{OFFICE}<path:object_id>/change/": {
        "*": staff(403, 403, 200, manager=200),
        "POST": staff(403, 403, 200, manager=403),
    },
    # Managers do not find rows of other offices.
    f"{OFFICE}<path:object_id>/history/": staff(302, 302, 200, desk=403, manager=200),
    **{
        f"{OFFICE}<int:pk>/figures/{page}": staff(403, 403, 200, manager=200)
        for page in ("", "csv/", "xlsx/")
    },
}
HOURS = "en/staff/appointments/openingwindow/"
TABLE |= {
    f"{HOURS}{page}": staff(403, 403, 200, manager=200)
    for page in ("", "add/", "<path:object_id>/change/")
}
TABLE[f"{HOURS}<path:object_id>/history/"] = staff(302, 302, 200, desk=403, manager=200)
# The closure applies to every office, so managers may not change it.
CLOSURE = "en/staff/appointments/closure/"
TABLE |= {f"{CLOSURE}{page}": staff(403, 403, 200, manager=200) for page in ("", "add/")}
TABLE[f"{CLOSURE}<path:object_id>/change/"] = staff(403, 403, 200, manager=302)
TABLE[f"{CLOSURE}<path:object_id>/history/"] = staff(302, 302, 200)
TABLE[f"{CLOSURE}<path:object_id>/delete/"] = {
    "*": staff(403, 403, 200, manager=302),
    "POST": staff(403, 403, 302, manager=302),
}

# Superusers may receive people only where they are clerks.
DESK = "en/staff/appointments/appointment/"
TABLE |= {
    DESK: staff(403, 403, 200, desk=200),
    **{f"{DESK}{page}/": staff(403, 403, 200, desk=200) for page in ("today", "walk-in", "calls")},
    f"{DESK}add/": staff(403, 403, 403),
    f"{DESK}<path:object_id>/": staff(302, 302, 302),
    f"{DESK}<path:object_id>/change/": staff(403, 403, 404, desk=200),
    f"{DESK}<path:object_id>/delete/": staff(403, 403, 403),
    f"{DESK}<path:object_id>/history/": staff(302, 302, 302, desk=200),
    f"{DESK}<int:pk>/<slug:button>/press/": staff(403, 403, 404, desk=302),
}

# The page of a code requires the step before it.
for step in ("", "register/", "password/reset/", "picture/by-text/", "mobile/", "email/"):
    TABLE[f"en/account/{step}code/"] = everybody(302)
    TABLE[f"en/account/{step}code/resend/"] = everybody(302)

# The rows that differ when the inquiry is a draft.
DRAFT_TABLE = {
    "en/inquiries/<reference:reference>/": people(404, 302, 404),
    "en/inquiries/<reference:reference>/details/": {
        "*": people(404, 200, 404),
        "POST": people(404, 302, 404),
    },
    "en/inquiries/<reference:reference>/documents/": people(404, 200, 404),
    "en/inquiries/<reference:reference>/documents/<int:pk>/": people(404, 200, 404),
    "en/inquiries/<reference:reference>/documents/<int:pk>/preview/": people(404, 200, 404),
    "en/inquiries/<reference:reference>/review/": {
        "*": people(404, 200, 404),
        "POST": people(404, 302, 404),
    },
    "en/inquiries/<reference:reference>/confirm/": people(404, 200, 404),
    "en/inquiries/<reference:reference>/receipt/": people(404, 302, 404),
    # The form names the establishment, for which the applicant does not act at the moment.
    "en/inquiries/<reference:reference>/subject/": people(404, 200, 404),
    # The mobile of the draft is that of the account, so it needs no code.
    "en/inquiries/<reference:reference>/mobile/": people(404, 302, 404),
    "en/inquiries/<reference:reference>/mobile/send/": people(404, 302, 404),
    "en/inquiries/<reference:reference>/delete/": {
        "*": people(404, 200, 404),
        "POST": people(404, 302, 404),
    },
    "en/inquiries/<reference:reference>/withdraw/": people(404, 404, 404),
    "en/inquiries/<reference:reference>/answer/": people(404, 404, 404),
    "en/staff/requests_app/inquiry/<path:object_id>/change/": staff(403, 404, 404),
    "en/staff/requests_app/inquiry/<path:object_id>/history/": staff(302, 302, 302),
    **{
        f"en/staff/requests_app/inquiry/<int:pk>/{page}/": staff(403, 404, 404)
        for page in ("claim", "release", "assign", "note", "close", "answer")
    },
    "en/staff/requests_app/inquiry/<int:pk>/documents/<int:document_pk>/": staff(403, 404, 404),
    "en/staff/requests_app/inquiry/<int:pk>/documents/<int:document_pk>/preview/": staff(
        *(403, 404, 404)
    ),
}

# The rows that differ when the appointment is held and not confirmed.
HELD_TIME_TABLE = {
    "en/appointments/<reference:reference>/": people(404, 200, 404),
    **{
        f"en/appointments/<reference:reference>/{page}/": people(404, 302, 404)
        for page in ("slip", "cancel", "move", "move/day", "move/time")
    },
    "en/appointments/<reference:reference>/calendar/": people(404, 404, 404),
    f"{DESK}<path:object_id>/change/": staff(403, 403, 404, desk=404),
    f"{DESK}<path:object_id>/history/": staff(302, 302, 302),
    f"{DESK}<int:pk>/<slug:button>/press/": staff(403, 403, 404, desk=404),
}
