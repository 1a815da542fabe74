"""The looks of the accounts of staff: keeping them, setting one up, signing off who may what."""

import uuid

from core.accounts.models import AccessReview
from tawasul.portal import actions
from tawasul.portal.access_list import rows_now
from tests.appointments import places
from tests.browser.looks import Group, look, people
from tests.browser.looks.people import NEW
from tests.browser.looks.steps import press, send, send_nothing
from tests.browser.looks.tables import ON_ANY_SCREEN, staff_looks
from tests.conftest import signed_in_staff

MEMBERS, ENROL = "members/", "staff/enrol/"
MEMBER, GONE = f"{MEMBERS}{{member.pk}}/", f"{MEMBERS}{{gone.pk}}/"


def prepare(language):
    office = places.office("al-rimal", "Al-Rimal" if language == "en" else "الرمال")
    keeper = people.of_group("keeper", "1000000024")
    auditor = people.of_group("auditor", "1000000032")
    member = people.officer("1000000040", "هند المطيري", "Hind Almutairi")
    gone, never = (
        actions.add_staff(actor=keeper, username=name, roles=["clerk"], offices=[office])
        for name in ("gone", "never")
    )
    signed_in_staff(member)
    actions.end_staff(actor=keeper, member=gone[0], expected_version=None)
    _new, code = actions.add_staff(actor=keeper, username="layla", roles=["officer"])
    facts = {"signed_by": auditor, "digest": "", "content": rows_now()}
    review = AccessReview.objects.create(**facts, idempotency_key=uuid.uuid4())
    return {
        "browsers": {
            "keeper": signed_in_staff(keeper),
            "auditor": signed_in_staff(auditor),
        },
        "keeper": keeper,
        "member": member,
        "gone": gone[0],
        "never": never[0],
        "code": code,
        "review": review,
    }


KEEPING = staff_looks(
    "keeper",
    ("members-home", ""),
    ("members", MEMBERS),
    ("members-none", f"{MEMBERS}?q=zzz"),
    ("member-add", f"{MEMBERS}add/"),
    ("member-add-empty", f"{MEMBERS}add/", send_nothing("Add a member of staff")),
    (
        "member-added",
        f"{MEMBERS}add/",
        send("Add a member of staff", username="salma", roles="officer"),
    ),
    ("member", MEMBER),
    ("member-empty", MEMBER, send_nothing("Save")),
    ("member-changed", MEMBER, send("Save", roles="editor")),
    ("member-not-enrolled", f"{MEMBERS}{{never.pk}}/"),
    ("member-own", f"{MEMBERS}{{keeper.pk}}/"),
    ("member-ended", GONE),
    ("member-take-back", f"{GONE}take-back/"),
    ("member-end", f"{MEMBER}end/"),
    ("member-recovery-codes", f"{MEMBER}recovery-codes/"),
    ("member-recovery-codes-made", f"{MEMBER}recovery-codes/", press("Make new recovery codes")),
    ("member-authenticator", f"{MEMBER}authenticator/"),
    ("member-authenticator-off", f"{MEMBER}authenticator/", press("Remove the authenticator")),
    ("review-of-a-keeper", f"{MEMBERS}review/"),
    **ON_ANY_SCREEN,
)
SIGNING_OFF = staff_looks(
    "auditor",
    ("review", f"{MEMBERS}review/"),
    ("review-signed", f"{MEMBERS}review/", press("Sign off the list")),
    ("reviewed", f"{MEMBERS}review/{{review.pk}}/"),
    ("member-of-an-auditor", MEMBER),
    **ON_ANY_SCREEN,
)
ENROLLING = (
    look("enrol", "new", ENROL),
    look("enrol-empty", "new", ENROL, send_nothing("Continue")),
    look("enrol-password", "new", ENROL, send("Continue", username="layla", code="{code}")),
    look("enrol-password-empty", "new", f"{ENROL}password/", send_nothing("Continue")),
    look("enrol-authenticator", "new", f"{ENROL}password/", send("Continue", **NEW)),
    look("enrol-authenticator-wrong", "new", f"{ENROL}authenticator/", send("Finish", code="0")),
)

STAFF_ACCOUNTS = Group(
    "members", ("en/staff/members/", "en/staff/enrol/"), prepare, (KEEPING, SIGNING_OFF, ENROLLING)
)
