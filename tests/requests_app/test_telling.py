"""Who is told of an inquiry: whose it is, and the person it is about at their own number alone."""

from datetime import date

import pytest

from core.accounts.models import Link
from core.exceptions import RuleViolation
from core.messaging.models import Message
from requests_app import actions
from tests import factories
from tests.conftest import signed_in, words
from tests.requests_app.desk_pages import now
from tests.requests_app.people import act

pytestmark = pytest.mark.django_db
REGISTERED = "+966500000088"


@pytest.fixture
def worker():
    """Return a worker from Pakistan without an account, whose mobile the registry knows."""
    return factories.IdentityFactory(name_en="Raju Kumar", mobile=REGISTERED)


@pytest.fixture
def palm(worker):
    palm = factories.establishment()
    factories.link(palm, worker)
    return palm


@pytest.fixture
def speakers(palm):
    """Return two who represent the establishment, and let a third no longer do so."""
    speakers = [factories.UserFactory(language=language) for language in ("en", "ar")]
    for speaker in speakers:
        factories.link(palm, speaker.identity, Link.Kind.REPRESENTATIVE)
    gone = factories.UserFactory()
    ended = factories.link(palm, gone.identity, Link.Kind.REPRESENTATIVE)
    ended.until = ended.since
    ended.save(update_fields=["until"])
    return speakers


def told(language=None):
    rows = Message.objects.filter(is_encrypted=False).order_by("pk")
    texts = [(row.recipient, row.text) for row in rows if language in (None, row.language)]
    rows.delete()
    return texts


def filed(speakers, palm, worker):
    inquiry = factories.filed(speakers[0], beneficiary=worker, holder=palm)
    return inquiry, inquiry.reference


def test_all_who_represent_it_and_the_person_are_told_of_a_filing(speakers, palm, worker):
    _inquiry, number = filed(speakers, palm, worker)
    texts = dict(told())
    assert set(texts) == {str(speakers[0].mobile), str(speakers[1].mobile), REGISTERED}
    assert texts[REGISTERED] == (
        f"Tawasul: Palm Trees Contracting has filed inquiry {number} for Raju. "
        "Open an account to read it."
    )
    assert f"your inquiry {number}" in texts[str(speakers[0].mobile)]
    assert texts[str(speakers[1].mobile)].startswith("تواصل: ")


def test_the_person_is_told_of_answers_and_withdrawal_and_of_nothing_else(
    speakers, palm, worker, officer
):
    inquiry, number = filed(speakers, palm, worker)
    answered = (
        f"Tawasul: inquiry {number}, filed by Palm Trees Contracting for Raju, has been answered. "
        "Open an account to read it."
    )
    withdrawn = (
        f"Tawasul: Palm Trees Contracting has withdrawn inquiry {number} for Raju. "
        "Open an account to read it."
    )
    told()
    for event_type, actor, text in (
        ("claimed", officer, None),
        ("noted", officer, None),
        ("replied", officer, answered),
        ("returned", officer, None),
        ("resubmitted", speakers[1], None),
        ("withdrawn", speakers[1], withdrawn),
    ):
        inquiry = act(event_type, now(inquiry), actor)
        of_person = [text for to, text in told() if to == REGISTERED]
        assert of_person == ([text] if text else []), event_type


def test_an_account_takes_the_place_of_the_registry(speakers, palm, worker):
    user = factories.UserFactory(identity=worker, email="raju@example.org", language="ar")
    _inquiry, number = filed(speakers, palm, worker)
    rows = Message.objects.filter(owner=user.pk)
    assert [row.recipient for row in rows] == [str(user.mobile), "raju@example.org"]
    assert all(number in row.text and row.language == "ar" for row in rows)
    assert not Message.objects.filter(recipient=REGISTERED).exists()


def test_a_citizen_of_an_arab_country_without_an_account_is_told_in_arabic(speakers, palm, worker):
    for nationality, language in (("YE", "ar"), ("PK", "en")):
        worker.nationality = nationality
        worker.save(update_fields=["nationality"])
        filed(speakers, palm, worker)
        factories.let_a_minute_pass(speakers[0])
        assert [to for to, _text in told(language)].count(REGISTERED) == 1, nationality


def test_nobody_is_told_twice_or_at_another_number(speakers, palm, worker, officer):
    # One of those who represent the establishment is the worker's own account.
    factories.link(palm, worker, Link.Kind.REPRESENTATIVE)
    user = factories.UserFactory(identity=worker)
    filed(speakers, palm, worker)
    recipients = [to for to, _text in told()]
    assert sorted(recipients) == sorted(str(each.mobile) for each in (*speakers, user))


def test_a_person_without_a_number_is_not_told(speakers, palm, worker):
    worker.mobile = ""
    worker.save(update_fields=["mobile"])
    filed(speakers, palm, worker)
    assert {to for to, _text in told()} == {str(each.mobile) for each in speakers}


def test_whose_account_is_closed_hears_nothing_at_another_number(worker, officer):
    known = "+966500000077"
    holder = factories.UserFactory(identity__mobile=known)
    factories.link(holder.identity, worker)
    own = factories.filed(holder)
    factories.let_a_minute_pass(holder)
    for_worker = factories.filed(holder, beneficiary=worker)
    holder.is_active = False
    holder.save(update_fields=["is_active"])
    told()
    for inquiry, recipients in ((own, []), (for_worker, [REGISTERED])):
        act("replied", act("claimed", inquiry, officer), officer)
        assert [to for to, _text in told()] == recipients
    Link.objects.filter(holder=holder.identity).update(until="2020-01-01")
    actions.pass_on_inquiries()
    assert [to for to, _text in told()] == [REGISTERED]


def test_who_has_left_the_country_is_not_told(speakers, palm, worker, officer):
    inquiry, _number = filed(speakers, palm, worker)
    worker.status = worker.Status.DEPARTED
    worker.save(update_fields=["status"])
    told()
    act("withdrawn", inquiry, speakers[0])
    assert REGISTERED not in dict(told())


def test_a_draft_is_listed_to_its_author_alone_and_stays_theirs(speakers, palm, worker):
    draft = factories.draft(speakers[0], beneficiary=worker, holder=palm)
    author, other = map(signed_in, speakers)
    palm.links.filter(person=worker).update(until="2020-01-01")
    for browser, is_listed in ((author, True), (other, False)):
        browser.post("/en/account/acting-as/", {"holder": palm.pk})
        page = browser.get("/en/inquiries/")
        assert (draft.reference in page.content.decode()) == is_listed
        assert "No longer yours" not in words(page)


def test_lists_are_of_whom_one_acts_as_and_of_what_one_filed_as_another(speakers, palm, worker):
    inquiry, _number = filed(speakers, palm, worker)
    own = factories.filed(speakers[1])
    palm.links.filter(person=speakers[0].identity).update(until="2020-01-01")
    page = signed_in(speakers[0]).get("/en/inquiries/")
    assert inquiry.reference in page.content.decode()
    assert "No longer yours" in words(page)
    as_palm = signed_in(speakers[1])
    as_palm.post("/en/account/acting-as/", {"holder": palm.pk})
    listed = as_palm.get("/en/inquiries/").content.decode()
    assert (inquiry.reference in listed, own.reference in listed) == (True, False)


def test_the_guardians_are_told_in_place_of_a_minor(worker):
    child = factories.IdentityFactory(birth_date=date(2018, 1, 1), name_en="Yusuf")
    host, father = factories.UserFactory(), factories.UserFactory()
    factories.link(host.identity, child, Link.Kind.HOST)
    factories.link(father.identity, child, Link.Kind.GUARDIAN)
    inquiry = factories.filed(host, beneficiary=child)
    texts = dict(told())
    assert set(texts) == {str(host.mobile), str(father.mobile)}
    assert f"has filed inquiry {inquiry.reference} for Yusuf." in texts[str(father.mobile)]
    # What the child files is the child's.
    own = factories.filed(factories.UserFactory(identity=child))
    other = factories.UserFactory()
    ended = factories.link(other.identity, worker)
    of_others = factories.filed(other, beneficiary=worker)
    ended.delete()
    for page in ("/en/my/", "/en/inquiries/"):
        listed = signed_in(father).get(page).content.decode()
        assert inquiry.reference in listed
        for each in (own, of_others):
            assert each.reference not in listed


def test_an_employer_never_sees_or_hears_of_what_a_worker_files(speakers, palm, worker):
    user = factories.UserFactory(identity=worker)
    inquiry = factories.filed(user)
    assert [to for to, _text in told()] == [str(user.mobile)]
    as_speaker = signed_in(speakers[0])
    as_speaker.post("/en/account/acting-as/", {"holder": palm.pk})
    for page in ("/en/my/", "/en/inquiries/"):
        assert inquiry.reference not in words(as_speaker.get(page)).replace("-", "")
    assert as_speaker.get(f"/en/inquiries/{inquiry.reference}/").status_code == 404


def test_each_reads_only_the_notices_that_went_to_them(speakers, palm, worker):
    inquiry, _number = filed(speakers, palm, worker)
    for speaker, other in (speakers, speakers[::-1]):
        page = words(signed_in(speaker).get(f"/en/inquiries/{inquiry.reference}/"))
        assert "Mobile" in page
        assert f"•••• {str(speaker.mobile)[-3:]}" in page
        assert f"•••• {str(other.mobile)[-3:]}" not in page


def test_the_reminder_goes_to_whoever_represents_it_then(speakers, palm, worker, officer):
    inquiry, _number = filed(speakers, palm, worker)
    act("returned", act("claimed", inquiry, officer), officer)
    told()
    palm.links.filter(person=speakers[0].identity).update(until="2020-01-01")
    type(inquiry).objects.filter(pk=inquiry.pk).update(remind_at="2020-01-01T00:00Z")
    actions.remind_of_returns()
    assert [to for to, _text in told()] == [str(speakers[1].mobile)]


def test_a_number_that_is_an_owners_too_gets_one_text(speakers, palm, worker):
    worker.mobile = speakers[0].mobile
    worker.save(update_fields=["mobile"])
    filed(speakers, palm, worker)
    assert [to for to, _text in told()] == [str(speaker.mobile) for speaker in speakers]


def test_each_guardian_of_a_minor_reads_what_the_other_has_filed():
    child = factories.IdentityFactory(birth_date=date(2017, 2, 11), name_en="Yusuf Khan")
    father, mother, stranger = factories.UserFactory.create_batch(3)
    for guardian in (father, mother):
        factories.link(guardian.identity, child, Link.Kind.GUARDIAN)
    inquiry = factories.filed(father, beneficiary=child)
    page = f"/en/inquiries/{inquiry.reference}/"
    assert str(mother.mobile) in dict(told())
    shown = words(signed_in(mother).get(page))
    assert "Under processing" in shown
    assert "Withdraw this inquiry" not in shown
    assert page in signed_in(mother).get("/en/inquiries/").content.decode()
    assert signed_in(stranger).get(page).status_code == 404
    with pytest.raises(RuleViolation):
        act("withdrawn", now(inquiry), mother)


def test_what_a_minor_files_for_themselves_is_not_their_guardians():
    child = factories.UserFactory(identity__birth_date=date(2012, 2, 11))
    mother = factories.UserFactory()
    factories.link(mother.identity, child.identity, Link.Kind.GUARDIAN)
    page = f"/en/inquiries/{factories.filed(child).reference}/"
    assert signed_in(mother).get(page).status_code == 404
    assert page not in signed_in(mother).get("/en/inquiries/").content.decode()
