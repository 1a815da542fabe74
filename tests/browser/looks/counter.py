"""The looks of the staff site at a counter: a new mobile for an account, step by step."""

import uuid
from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts import actions
from core.accounts.models import PersonOpening, Recovery
from tests.browser.looks import Group, people
from tests.browser.looks.appointments import offices_of_riyadh
from tests.browser.looks.people import OTHER_MOBILE
from tests.browser.looks.steps import press, send, send_code, send_nothing
from tests.browser.looks.tables import ON_ANY_SCREEN, staff_looks
from tests.conftest import signed_in_staff

PASSPORT = {"document": "passport", "document_end": "AB12"}
REASONS = {
    "ar": "صورة الجواز لا تطابق المراجع.",
    "en": "The photo in the passport is of somebody else.",
}
ASK, SEND = "Ask a colleague to confirm", "Send the code to the new mobile"


def prepare(language):
    for command in ("load_reference", "load_offices"):
        call_command(command, verbosity=0)
    office, _other = offices_of_riyadh()
    first = people.of_group("clerk", "1000000065", office)
    second = people.of_group("clerk", "1000000073", office)
    residents = {
        name: people.account(
            name,
            people.person(f"20000002{place:02}", "محمد أسلم خان", "Mohammed Aslam Khan"),
            language,
        )
        for place, name in enumerate(("new", "begun", "sent", "refused", "disputed"))
    }
    TOTPDevice.objects.create(user=residents["new"], name="app")
    visitor = people.person("3000000301", "عبد الله سعيد علي", "Abdullah Saeed Ali")
    recoveries = {
        name: begun(first, residents[name].identity) for name in ("begun", "sent", "refused")
    }
    recoveries["registers"] = begun(first, visitor)
    for name in ("sent", "registers"):
        actions.confirm_recovery(actor=second, recovery=recoveries[name])
    actions.refuse_recovery(actor=second, recovery=recoveries["refused"], reason=REASONS[language])
    restricted(residents["begun"], Recovery.Status.DONE)
    restricted(residents["disputed"], Recovery.Status.DISPUTED)
    for person in (*(each.identity for each in residents.values()), visitor):
        PersonOpening.objects.create(staff=first, person=person, reason=REASONS[language])
    return {
        "browsers": {"first": signed_in_staff(first), "second": signed_in_staff(second)},
        **{f"{name}_person": each.identity for name, each in residents.items()},
        "visitor": visitor,
        **recoveries,
        "reason": REASONS[language],
    }


def begun(staff, person):
    return actions.begin_recovery(
        actor=staff,
        person=person,
        mobile="+966550000432",
        idempotency_key=uuid.uuid4(),
        **PASSPORT,
    )


def restricted(user, status):
    """Record a recovery through the registry whose 72 hours are not over."""
    now = timezone.now()
    Recovery.objects.create(
        user=user,
        way=Recovery.Way.REGISTRY,
        status=status,
        new_mobile=user.mobile,
        done_at=now,
        disputed_at=now if status == Recovery.Status.DISPUTED else None,
        restricted_until=now + timedelta(hours=72),
    )


NEW, LIFT = "people/{new_person.pk}/mobile/", "people/{begun_person.pk}/lift/"
AT_FIRST = staff_looks(
    "first",
    ("counter-guide", "counter/"),
    ("counter-begin", NEW),
    ("counter-begin-empty", NEW, send_nothing(ASK)),
    ("counter-begun", NEW, send(ASK, mobile=OTHER_MOBILE, **PASSPORT)),
    ("counter-begin-to-register", "people/{visitor.pk}/mobile/"),
    ("counter-person-restricted", "people/{begun_person.pk}/"),
    ("counter-person-disputed", "people/{disputed_person.pk}/"),
    ("counter-lift", LIFT),
    ("counter-lift-empty", LIFT, send_nothing("Open it now")),
    ("counter-lifted", LIFT, send("Open it now", **PASSPORT)),
    ("counter-registers", "recoveries/{registers.pk}/"),
    ("counter-refused", "recoveries/{refused.pk}/"),
    **ON_ANY_SCREEN,
)
AT_SECOND = staff_looks(
    "second",
    ("counter-home", ""),
    ("counter-recoveries", "recoveries/"),
    ("counter-recovery", "recoveries/{begun.pk}/"),
    ("counter-refuse", "recoveries/{begun.pk}/refuse/"),
    ("counter-refuse-empty", "recoveries/{begun.pk}/refuse/", send_nothing("Refuse or give up")),
    ("counter-confirmed", "recoveries/{begun.pk}/", press("Confirm: this is the person")),
    **ON_ANY_SCREEN,
)
CODE = "Give the account this mobile"
WITH_CODE = staff_looks(
    "first",
    ("counter-recoveries-mine", "recoveries/"),
    ("counter-code", "recoveries/{sent.pk}/", press(SEND)),
    ("counter-code-wrong", "recoveries/{sent.pk}/code/", send(CODE, code="1")),
    ("counter-done", "recoveries/{sent.pk}/code/", send_code(CODE)),
    **ON_ANY_SCREEN,
)

COUNTER = Group(
    "counter",
    (
        *("en/staff/recoveries/", "en/staff/counter/"),
        *("en/staff/people/<int:pk>/mobile/", "en/staff/people/<int:pk>/lift/"),
    ),
    prepare,
    (AT_FIRST, AT_SECOND, WITH_CODE),
)
