"""The people of the looks, with names in both languages, and the texts that they write."""

import uuid
from datetime import timedelta

from django.contrib.auth.models import Permission
from django.utils import timezone

from core.accounts.models import RESTRICTED_FOR, Link, Recovery
from tawasul.portal.staff_roles import group_for_role
from tests import factories
from tests.appointments.browsing import verified
from tests.delivery import deliver_due

DESCRIPTIONS = {
    "ar": "دفعت رسوم تجديد الإقامة قبل ثلاثة أسابيع وما زال الطلب ينتظر السداد. أرجو تصحيحه.",
    "en": "I paid for the renewal of my iqama three weeks ago and it still waits for the fee.",
}
ANSWERS = {
    "ar": "وصلت الرسوم وتم تجديد الإقامة.",
    "en": "Your fee has arrived and the iqama is renewed.",
}
BORN = {"born_calendar": "gregorian", "born_day": "14", "born_month": "3", "born_year": "1986"}
CHILD, WORKER = "Ayesha Aslam Khan", "Raju Kumar"
FILES = {"ar": "إيصال السداد.jpg", "en": "receipt.jpg"}
SIGNATURES = [
    {
        "signer": "هند الحربي",
        "organisation": "Chamber of Commerce 5",
        "signed_at": "2026-11-24T09:30:00+00:00",
        "told_by": "signer",
        "state": "intact",
        "later": "allowed",
        "chain": "known",
    },
    {"signer": "Khalid", "state": "broken"},
    {"state": "unchecked"},
]
OTHER_MOBILE = "0512345678"
# What is typed into the fields of sign-in and of a change of the password.
GOOD, WRONG = {"password": factories.PASSWORD}, {"password": "not-this-one"}
NEW = {"new_password": "eleven-Lamps-on-a-roof", "again": "eleven-Lamps-on-a-roof"}


def person(number, name_ar, name_en, **fields):
    return factories.IdentityFactory(number=number, name_ar=name_ar, name_en=name_en, **fields)


def account(username, identity, language, **fields):
    return factories.UserFactory(username=username, identity=identity, language=language, **fields)


def resident(language, **fields):
    """Return a resident who files for themselves and for a child."""
    identity = person("2000000006", "محمد أسلم خان", "Mohammed Aslam Khan")
    identity.numbers.create(number="3000000004", is_current=False)
    born = timezone.localdate() - timedelta(days=9 * 365)
    child = person("2000000014", "عائشة أسلم خان", CHILD, birth_date=born)
    factories.link(identity, child, "guardian")
    return account("aslam", identity, language, **fields)


def newcomer(language):
    """Return a resident without links, inquiries or appointments."""
    return account("bilal", person("2000000048", "بلال أحمد", "Bilal Ahmed"), language)


def beneficiary(language, employer):
    """Return a resident with an account whom `employer` files and books for."""
    user = account("noor", person("2000000089", "نور خان", "Noor Khan"), language)
    factories.link(employer.identity, user.identity)
    return user


def establishment(representative):
    """Return an establishment with a worker, which the person `representative` may act for."""
    names = ("مؤسسة النخيل للمقاولات", "Palm Trees Contracting")
    palm = person("7000000017", *names, birth_date=None, nationality="SA")
    worker = person("2000000022", "راجو كومار", WORKER, nationality="IN")
    factories.link(palm, representative, "representative")
    factories.link(palm, worker, "employer")
    return palm


def former_worker(language, employer):
    """Return a resident with an account who works for `employer` until `leave`."""
    names = ("سمير حسن العلي", "Samir Hasan Alali")
    user = account("samir", person("2000000097", *names), language)
    factories.link(employer.identity, user.identity)
    return user


def leave(worker):
    """Let the worker's employment have ended yesterday."""
    yesterday = timezone.localdate() - timedelta(days=1)
    Link.objects.filter(person=worker.identity).update(until=yesterday)


def give_new_mobile(user):
    """Let the account of `user` have just been recovered."""
    moment = timezone.now()
    Recovery.objects.create(
        user=user,
        way=Recovery.Way.REGISTRY,
        status=Recovery.Status.DONE,
        new_mobile=user.mobile,
        done_at=moment,
        restricted_until=moment + RESTRICTED_FOR,
    )


def employer_of_many(language):
    """Return a citizen for whom more people work than a form lists."""
    employer = account("wafa", person("1000000024", "وفاء الحربي", "Wafa Alharbi"), language)
    factories.workers(employer.identity, 30)
    return employer


def acting_for(holder, user):
    """Return a browser in which `user` acts for `holder`, or as themselves for None."""
    browser = verified(user)
    browser.post("/en/account/acting-as/", {"holder": holder.pk if holder else ""})
    return browser


def colleague(number, *names, **fields):
    """Return an officer of the triage desk with an identity."""
    identity = person(number, *names, nationality="SA")
    return factories.OfficerFactory(username=f"staff-{number}", identity=identity, **fields)


def officer(number, name_ar, name_en, *codenames):
    """Return an officer of the triage desk with these permissions besides."""
    user = colleague(number, name_ar, name_en)
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return user


def of_group(group, number, *offices):
    """Return a member of staff with the permissions of `group` alone, at these offices."""
    user = colleague(number, "ريم الدوسري", "Reem Aldosari")
    user.groups.set([group_for_role(group)])
    user.user_permissions.clear()
    user.offices.set(offices)
    return user


def chief():
    return colleague("1000000099", "عبدالعزيز العنزي", "Abdulaziz Alanazi", is_superuser=True)


def shut_out(client, sign_in, user):
    """Lock `user` out: send one wrong password more than are accepted."""
    for _try in range(11):
        client.post(sign_in, {"login": user.username, "password": "not-this-one"})


def deliver_everything():
    """Deliver all due messages, so that a code requested later is the newest text."""
    while deliver_due():
        pass


def many_like(row, number, **changes):
    """Insert `number` copies of `row` for lists, without its events."""
    names = {field.attname for field in type(row)._meta.concrete_fields}
    fields = {name: getattr(row, name) for name in names - {"id", "reference", "idempotency_key"}}
    fields |= changes
    made = [type(row)(**fields, idempotency_key=uuid.uuid4()) for _row in range(number)]
    return type(row).objects.bulk_create(made)
