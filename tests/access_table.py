"""The expected answer to each role at every address of the portal, for test_access."""

# `unverified` is an officer without the second factor; the roles after it have given it. `clerk` is
# staff without any permission, `desk` receives people at the office of the appointment, `manager`
# keeps its hours as well, and `chief` is a superuser. `editor` keeps the catalogue, `auditor` reads
# everything, and `keeper` keeps the accounts of staff.
ROLES = (
    *("anonymous", "stranger", "applicant", "beneficiary"),
    *("unverified", "clerk", "desk", "manager", "officer", "chief", "editor", "auditor"),
    "keeper",
)


def everybody(status):
    return [status] * len(ROLES)


def people(stranger, applicant, beneficiary):
    """Return the row of a page for users with an identity.

    Anonymous visitors are sent to the sign-in, and staff are refused.
    """
    return ["sign-in", stranger, applicant, beneficiary, *[403] * 9]


def staff(clerk, officer, chief, desk=None, manager=None, editor=None, auditor=None, keeper=None):
    """Return the row of a page for users with the second factor; others are sent to the login.

    `desk`, `editor`, `auditor` and `keeper` default to the answer for `clerk`, and `manager` to
    that for `desk`.
    """
    desk = desk or clerk
    of_others = [editor or clerk, auditor or clerk, keeper or clerk]
    return [*["staff"] * 5, clerk, desk, manager or desk, officer, chief, *of_others]


def form(row, post=None):
    """Return the rows of a page that takes a form, whose answer can differ from the page itself."""
    return {"GET": row, "POST": post or row}


def desk_form(row, post=None):
    """Return the rows of a page of the staff site that takes a form, which auditors never send."""
    post = list(post or row)
    post[ROLES.index("auditor")] = 403
    return form(row, post)


def each(row, before, *pages):
    """Return the same row for several pages below the address `before`."""
    return {f"{before}{page}": row for page in pages}


FORM_OF_EACH = form(people(200, 200, 200), people(302, 302, 302))
FORM_OF_APPLICANT = form(people(404, 200, 404), people(404, 302, 404))
# The beneficiary is led to the page of what they may read.
FORM_OF_OWNER = form(people(404, 200, 302), people(404, 302, 302))

# The answer to each role at each address: a status, or the name of the page for signing in. HEAD is
# answered as GET, and POST with 405 where a page takes no form. The inquiry in the addresses has
# been filed, the appointment has been confirmed, and every user with an identity has verified their
# data.
INQUIRY = "en/inquiries/<reference:reference>/"
APPOINTMENT = "en/appointments/<reference:reference>/"
ACCOUNT, QUEUE = "en/account/", "en/staff/requests_app/inquiry/"
PEOPLE, RECOVERIES = "en/staff/people/", "en/staff/recoveries/"
PREPARE = "en/staff/prepare/"
# Superusers stand at no counter unless an office has them.
AT_COUNTER = staff(403, 403, 403, desk=200)
AT_COUNTER_LED_ON = staff(403, 403, 403, desk=302)
# What any cache may keep, as it is the same for everybody.
PUBLIC = {
    *(
        "favicon.ico",
        "robots.txt",
        "en/",
        "en/contact/",
        "en/accessibility/",
        "en/account/signed-out/",
    ),
    *("en/services/", "en/services/<slug:slug>/"),
}
TABLE = {
    "favicon.ico": everybody(302),
    ".well-known/security.txt": everybody(404),
    **each(everybody(200), "", "healthz", "readyz", "robots.txt", "look.css"),
    **each(everybody(200), "en/demo/", "components/", "phone/"),
    **each(
        everybody(200),
        "en/",
        "",
        "contact/",
        "accessibility/",
        "services/",
        "services/<slug:slug>/",
    ),
    "en/display/": form(everybody(200)),
    "en/feedback/": form(everybody(200)),
    "en/feedback/thanks/": everybody(200),
    "en/other-date/": form(everybody(405), everybody(200)),
    f"{ACCOUNT}still-here/": form(everybody(200)),
    "en/check/<slug:code>/": everybody(200),
    "en/my/": ["sign-in", *[200] * 3, *[302] * 9],
    f"{ACCOUNT}sign-in/": form([200, *[302] * 12]),
    f"{ACCOUNT}sign-out/": form(everybody(302)),
    **each(everybody(200), ACCOUNT, "picture/<slug:key>.png", "picture/<slug:key>.wav"),
    **each(
        form(everybody(200)),
        ACCOUNT,
        *("register/", "password/reset/", "recover/", "objection/"),
    ),
    **each(
        form(everybody(302)),
        ACCOUNT,
        *("register/choose/", "password/reset/new/", "recover/mobile/"),
    ),
    **each(everybody(200), ACCOUNT, "objection/sent/", "signed-out/"),
    f"{ACCOUNT}picture/by-text/": form(everybody(200), everybody(302)),
    **each(people(200, 200, 200), ACCOUNT, "", "data/", "safety/", "links/"),
    **each(FORM_OF_EACH, ACCOUNT, "password/", "mobile/", "email/", "authenticator/", "messages/"),
    # Nobody has an app, or has begun to add one.
    **each(
        form(people(302, 302, 302)),
        f"{ACCOUNT}authenticator/",
        *("confirm/", "recovery-codes/", "remove/"),
    ),
    # The applicant alone has an address to remove.
    f"{ACCOUNT}email/remove/": form(people(302, 200, 302), people(302, 302, 302)),
    **each(form(people(302, 302, 302)), ACCOUNT, "devices/", "devices/<slug:device>/"),
    **each(form(people(200, 200, 200)), ACCOUNT, "people/", "holders/", "acting-as/find/"),
    f"{ACCOUNT}acting-as/": form(people(200, 200, 200), people(200, 302, 200)),
    "en/inquiries/": people(200, 200, 200),
    **each(form(people(200, 200, 200)), "en/inquiries/new/", "", "person/"),
    **each(
        people(404, 200, 200),
        INQUIRY,
        *("", "receipt/", "handled/"),
    ),
    **each(people(404, 200, 404), INQUIRY, "documents/<int:pk>/", "documents/<int:pk>/preview/"),
    **each(
        form(people(404, 302, 302)),
        INQUIRY,
        *("details/", "documents/", "review/", "confirm/", "subject/", "subject/person/"),
        *("mobile/", "mobile/send/", "delete/"),
    ),
    f"{INQUIRY}withdraw/": FORM_OF_OWNER,
    f"{INQUIRY}add/": form(people(404, 200, 302)),
    # The inquiry has no answer to ask about.
    f"{INQUIRY}ask/": form(people(404, 302, 302), people(404, 200, 302)),
    # The inquiry is neither rejected nor withdrawn: there is nothing to review or take up again.
    f"{INQUIRY}ask-for-review/": form(people(404, 302, 302), people(404, 200, 302)),
    f"{INQUIRY}resume/": form(people(404, 302, 302)),
    # The inquiry has not been returned, so there is nothing to answer.
    f"{INQUIRY}answer/": form(people(404, 302, 302), people(404, 200, 302)),
    **each(people(200, 200, 200), "en/appointments/", "", "new/"),
    **each(form(people(200, 200, 200)), "en/appointments/", "verify/", "new/person/"),
    # The criteria in the address are for the applicant; others are sent back to the first step.
    **each(people(302, 200, 302), "en/appointments/new/", "office/", "day/"),
    "en/appointments/new/wait/": form(people(302, 200, 302)),
    "en/appointments/new/time/": form(people(302, 200, 302), people(302, 302, 302)),
    **each(people(404, 200, 200), APPOINTMENT, "", "slip/", "calendar/"),
    **each(FORM_OF_OWNER, APPOINTMENT, "cancel/", "move/time/"),
    **each(
        form(people(404, 302, 302)),
        APPOINTMENT,
        *("confirm/", "wait/", "wait/stop/"),
    ),
    **each(form(people(404, 302, 404)), "en/appointments/offers/<int:pk>/", "accept/", "decline/"),
    "en/appointments/waiting/<int:pk>/": people(404, 200, 404),
    "en/appointments/waiting/<int:pk>/stop/": form(people(404, 302, 404)),
    **each(people(404, 200, 302), APPOINTMENT, "move/", "move/day/"),
    "en/staff/": staff(200, 200, 200),
    "en/staff/code/": form(everybody(302)),
    "en/staff/login/": form([*[200] * 5, *[302] * 8], everybody(200)),
    "en/staff/logout/": form(everybody(405), everybody(302)),
    "en/staff/password_change/": form(staff(200, 200, 200)),
    **each(staff(200, 200, 200), "en/staff/", "password_change/done/", "jsi18n/"),
    "en/staff/autocomplete/": staff(403, 403, 403),
    "en/staff/^(?P<app_label>catalogue|requests_app|appointments|portal)/$": staff(
        404, 200, 200, auditor=200
    ),
    "en/staff/(?P<url>.*)$": desk_form(staff(404, 404, 404)),
    PEOPLE: form(staff(403, 200, 200, desk=200, auditor=200)),
    # The beneficiary has an inquiry in the queue and an appointment at the desk's office.
    f"{PEOPLE}<int:pk>/": form(
        staff(403, 200, 200, desk=200, auditor=200), staff(403, 302, 302, desk=302, auditor=200)
    ),
    # Nobody has the beneficiary's page open, so those at a counter are led to it first.
    **each(desk_form(AT_COUNTER_LED_ON), f"{PEOPLE}<int:pk>/", "mobile/", "lift/"),
    f"{PEOPLE}<int:pk>/inquiry/": desk_form(AT_COUNTER_LED_ON),
    # No document has been seen, and nobody has prepared the inquiry.
    PREPARE: AT_COUNTER_LED_ON,
    **each(desk_form(AT_COUNTER_LED_ON), f"{PREPARE}new/", "", "person/"),
    **each(
        desk_form(staff(403, 403, 403, desk=404)),
        f"{PREPARE}<reference:reference>/",
        *("subject/", "subject/person/", "details/", "mobile/", "mobile/send/", "documents/"),
        *("review/", "confirm/", "delete/"),
    ),
    **each(
        staff(403, 403, 403, desk=404),
        f"{PREPARE}<reference:reference>/",
        *("documents/<int:pk>/", "documents/<int:pk>/preview/", "receipt/"),
    ),
    **each(AT_COUNTER, RECOVERIES, "", "<int:pk>/"),
    f"{RECOVERIES}<int:pk>/refuse/": desk_form(AT_COUNTER),
    # A second member of staff has not confirmed it, and others wait for their code.
    f"{RECOVERIES}<int:pk>/code/": desk_form(AT_COUNTER_LED_ON),
    **each(
        form(everybody(405), AT_COUNTER_LED_ON),
        f"{RECOVERIES}<int:pk>/",
        *("confirm/", "code/send/"),
    ),
    "en/staff/counter/": staff(403, 200, 200, desk=200, auditor=200),
    QUEUE: desk_form(staff(403, 200, 200, auditor=200)),
    f"{QUEUE}<path:object_id>/": staff(302, 302, 302),
    **each(desk_form(staff(403, 403, 403)), QUEUE, "add/", "<path:object_id>/delete/"),
    **each(staff(403, 200, 200, auditor=200), f"{QUEUE}<path:object_id>/", "change/", "history/"),
    **each(desk_form(staff(403, 302, 302, auditor=302)), f"{QUEUE}<int:pk>/", "claim/", "note/"),
    f"{QUEUE}bulk/<slug:name>/": desk_form(staff(403, 302, 302)),
    # An auditor is led back with the reason, as somebody for whom nothing waits.
    f"{QUEUE}workload/": desk_form(staff(403, 403, 200), staff(403, 403, 400)),
    f"{QUEUE}next/": form(everybody(405), desk_form(staff(302, 302, 302))["POST"]),
    # The inquiry has no assignee and no outcome, and the form chooses no officer.
    **each(
        desk_form(staff(403, 302, 302, auditor=302), staff(403, 200, 200)),
        f"{QUEUE}<int:pk>/",
        *("release/", "assign/", "transfer/", "look_again/", "reopen/", "close/", "answer/"),
        *("take_back/", "confirm_refusal/", "send_refusal_back/"),
    ),
    # Whoever does not have the inquiry is led back to it; what they send is shown with the reason.
    f"{QUEUE}<int:pk>/invitation/": desk_form(staff(403, 302, 302), staff(403, 200, 200)),
    f"{QUEUE}<int:pk>/invitation/withdraw/": desk_form(staff(403, 302, 302)),
    **each(
        staff(403, 200, 200, auditor=200),
        f"{QUEUE}<int:pk>/documents/<int:document_pk>/",
        *("", "pages/<int:page>/", "pages/<int:page>/picture/"),
    ),
    # Auditors open documents, but not what was never cleaned.
    f"{QUEUE}<int:pk>/documents/<int:document_pk>/original/": staff(403, 200, 200, auditor=404),
}
TABLE[f"{QUEUE}figures/"] = staff(403, 403, 200, auditor=200)
TABLE |= {
    # The list without a choice of its filters; the form chooses no kind of file.
    f"{QUEUE}export/": desk_form(staff(403, 403, 200)),
    f"{QUEUE}exports/": staff(403, 403, 200),
    # It is the superuser's, and not made yet.
    f"{QUEUE}exports/<int:pk>/": staff(403, 403, 302),
}
TABLE["en/staff/feedback/"] = staff(403, 403, 200, editor=200, auditor=200)
MEMBERS = "en/staff/members/"
FOR_KEEPERS = staff(403, 403, 200, keeper=200)
FOR_READERS = staff(403, 403, 200, auditor=200, keeper=200)
TABLE |= {
    "en/staff/enrol/": form(everybody(200)),
    **each(form(everybody(302)), "en/staff/enrol/", "password/", "authenticator/"),
    MEMBERS: FOR_READERS,
    f"{MEMBERS}add/": desk_form(FOR_KEEPERS),
    # The account is an officer's.
    f"{MEMBERS}<int:pk>/": desk_form(FOR_READERS),
    **each(desk_form(FOR_KEEPERS), f"{MEMBERS}<int:pk>/", "authenticator/", "recovery-codes/"),
    f"{MEMBERS}<int:pk>/end/": desk_form(FOR_KEEPERS, staff(403, 403, 302, keeper=302)),
    f"{MEMBERS}<int:pk>/take-back/": desk_form(staff(403, 403, 302, keeper=302)),
    f"{MEMBERS}review/": form(FOR_READERS),
    **each(FOR_READERS, f"{MEMBERS}review/", "csv/", "<int:pk>/"),
}
for model in (
    *("catalogue/service", "catalogue/documenttype", "catalogue/holiday", "catalogue/team"),
    *("appointments/office", "appointments/openingwindow", "appointments/closure"),
    "portal/announcement",
):
    rows, editor = f"en/staff/{model}/", 200 if model.startswith("catalogue/") else 403
    read = staff(403, 403, 200, editor=editor, auditor=200)
    TABLE |= each(desk_form(read), rows, "", "<path:object_id>/change/")
    TABLE[f"{rows}add/"] = desk_form(staff(403, 403, 200, editor=editor))
    TABLE[f"{rows}<path:object_id>/history/"] = read
    TABLE[f"{rows}<path:object_id>/"] = staff(302, 302, 302)
    TABLE[f"{rows}<path:object_id>/delete/"] = desk_form(staff(403, 403, 403))
for model in ("holiday", "team"):
    TABLE[f"en/staff/catalogue/{model}/<path:object_id>/delete/"] = desk_form(
        staff(403, 403, 200, editor=200), staff(403, 403, 302, editor=302)
    )
CANNED = "en/staff/requests_app/cannedtext/"
TABLE |= {
    **each(desk_form(staff(403, 403, 200, auditor=200)), CANNED, "", "<path:object_id>/change/"),
    f"{CANNED}add/": desk_form(staff(403, 403, 200)),
    f"{CANNED}<path:object_id>/history/": staff(403, 403, 200, auditor=200),
    f"{CANNED}<path:object_id>/": staff(302, 302, 302),
    f"{CANNED}<path:object_id>/delete/": desk_form(staff(403, 403, 200), staff(403, 403, 302)),
}

OFFICE = "en/staff/appointments/office/"
FOR_MANAGERS = staff(403, 403, 200, manager=200, auditor=200)
# Others do not find the rows of offices that are not theirs.
HISTORY_OF_OFFICE = staff(302, 302, 200, desk=403, manager=200, auditor=200)
TABLE |= {
    OFFICE: desk_form(FOR_MANAGERS),
    f"{OFFICE}<path:object_id>/change/": desk_form(FOR_MANAGERS, staff(403, 403, 200, manager=403)),
    f"{OFFICE}<path:object_id>/history/": HISTORY_OF_OFFICE,
    **each(FOR_MANAGERS, f"{OFFICE}<int:pk>/figures/", "", "csv/", "xlsx/"),
}
HOURS = "en/staff/appointments/openingwindow/"
TABLE |= {
    **each(desk_form(FOR_MANAGERS), HOURS, "", "<path:object_id>/change/"),
    f"{HOURS}add/": desk_form(staff(403, 403, 200, manager=200)),
    f"{HOURS}<path:object_id>/history/": HISTORY_OF_OFFICE,
}
# The closure applies to every office, so managers may not change it.
CLOSURE = "en/staff/appointments/closure/"
TABLE |= {
    CLOSURE: desk_form(FOR_MANAGERS),
    f"{CLOSURE}add/": desk_form(staff(403, 403, 200, manager=200)),
    f"{CLOSURE}<path:object_id>/change/": desk_form(staff(403, 403, 200, manager=302, auditor=200)),
    f"{CLOSURE}<path:object_id>/history/": staff(302, 302, 200, auditor=200),
    f"{CLOSURE}<path:object_id>/delete/": desk_form(
        staff(403, 403, 200, manager=302), staff(403, 403, 302, manager=302)
    ),
}

# The announcement is one of everywhere, so managers do not find it.
ANNOUNCEMENT = "en/staff/portal/announcement/"
FOR_ANNOUNCERS = staff(403, 403, 200, manager=200, editor=200, auditor=200)
TABLE |= {
    ANNOUNCEMENT: desk_form(FOR_ANNOUNCERS),
    f"{ANNOUNCEMENT}add/": desk_form(staff(403, 403, 200, manager=200, editor=200)),
    f"{ANNOUNCEMENT}<path:object_id>/change/": desk_form(
        staff(403, 403, 200, manager=302, editor=200, auditor=200)
    ),
    f"{ANNOUNCEMENT}<path:object_id>/history/": staff(302, 302, 200, editor=200, auditor=200),
    f"{ANNOUNCEMENT}<path:object_id>/delete/": desk_form(
        staff(403, 403, 200, manager=302, editor=200),
        staff(403, 403, 302, manager=302, editor=302),
    ),
}

# Superusers may receive people only where they are clerks.
DESK = "en/staff/appointments/appointment/"
TABLE |= {
    DESK: staff(403, 403, 200, desk=200, auditor=200),
    **each(staff(403, 403, 200, desk=200), DESK, "calls/", "today/print/"),
    f"{DESK}<int:pk>/slip/": staff(403, 403, 404, desk=302),
    **each(desk_form(staff(403, 403, 200, desk=200)), DESK, "today/", "walk-in/", "assistance/"),
    # It is begun by one clerk, who alone goes on with it.
    **each(
        staff(403, 403, 404, desk=200, manager=404),
        f"{DESK}assistance/<int:pk>/",
        *("", "book/"),
    ),
    **each(
        desk_form(staff(403, 403, 404, desk=302, manager=404)),
        f"{DESK}assistance/<int:pk>/",
        *("code/", "times/", "<slug:reference>/move/", "<slug:reference>/cancel/"),
    ),
    f"{DESK}assistance/<int:pk>/code/send/": form(
        everybody(405), desk_form(staff(403, 403, 404, desk=302, manager=404))["POST"]
    ),
    # A superuser without an office finds nobody there.
    f"{DESK}unmarked/": staff(403, 403, 200, manager=200),
    **each(desk_form(staff(403, 403, 403)), DESK, "add/", "<path:object_id>/delete/"),
    f"{DESK}<path:object_id>/": staff(302, 302, 302),
    f"{DESK}<path:object_id>/change/": staff(403, 403, 404, desk=200, auditor=200),
    # Nothing has been marked yet.
    f"{DESK}<int:pk>/take-back/": desk_form(staff(403, 403, 404, desk=302)),
    f"{DESK}<path:object_id>/history/": staff(302, 302, 302, desk=200, auditor=200),
    f"{DESK}<int:pk>/<slug:button>/press/": desk_form(staff(403, 403, 404, desk=302, auditor=302)),
}

# The page of a code requires the step before it.
OF_VISITORS = ("", "register/", "password/reset/", "recover/", "picture/by-text/")
for step in (*OF_VISITORS, "mobile/", "email/"):
    TABLE |= each(form(everybody(302)), f"{ACCOUNT}{step}", "code/", "code/resend/")

# The rows that differ when the inquiry is a draft. Its form names the establishment, for which the
# applicant does not act at the moment. Its mobile is that of the account, so it needs no code.
DRAFT_TABLE = {
    **each(people(404, 302, 404), INQUIRY, "", "receipt/", "handled/"),
    **each(form(people(404, 302, 404)), INQUIRY, "mobile/", "mobile/send/"),
    **each(FORM_OF_APPLICANT, INQUIRY, "details/", "review/"),
    **each(people(404, 200, 404), INQUIRY, "documents/<int:pk>/", "documents/<int:pk>/preview/"),
    **each(form(people(404, 200, 404)), INQUIRY, "documents/", "confirm/"),
    **each(form(people(404, 200, 404)), INQUIRY, "subject/", "subject/person/"),
    **each(
        form(people(404, 302, 404)), INQUIRY, "withdraw/", "answer/", "resume/", "ask-for-review/"
    ),
    f"{QUEUE}<path:object_id>/change/": staff(403, 404, 404, auditor=404),
    f"{QUEUE}<path:object_id>/history/": staff(302, 302, 302),
    **each(
        desk_form(staff(403, 404, 404, auditor=404)),
        f"{QUEUE}<int:pk>/",
        *("claim/", "release/", "assign/", "note/", "close/", "answer/"),
    ),
    **each(
        staff(403, 404, 404, auditor=404),
        f"{QUEUE}<int:pk>/documents/<int:document_pk>/",
        *("", "pages/<int:page>/", "pages/<int:page>/picture/"),
    ),
    # The files of the draft are gone after this, as no transaction brings them back.
    f"{INQUIRY}delete/": FORM_OF_APPLICANT,
}

# The rows that differ when the appointment is held and not confirmed.
HELD_TIME_TABLE = {
    APPOINTMENT: people(404, 200, 404),
    **each(people(404, 302, 404), APPOINTMENT, "slip/", "move/", "move/day/"),
    **each(form(people(404, 302, 404)), APPOINTMENT, "cancel/", "move/time/"),
    f"{APPOINTMENT}calendar/": people(404, 404, 404),
    f"{DESK}<path:object_id>/change/": staff(403, 403, 404, desk=404, auditor=404),
    f"{DESK}<int:pk>/take-back/": desk_form(staff(403, 403, 404, desk=404)),
    f"{DESK}<path:object_id>/history/": staff(302, 302, 302),
    f"{DESK}<int:pk>/<slug:button>/press/": desk_form(staff(403, 403, 404, desk=404, auditor=404)),
}
