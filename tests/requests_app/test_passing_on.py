"""What becomes of an inquiry when the link of its holder ends: who goes on, who is told, and what
of the other side they see."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.accounts.models import Identity, Link
from core.accounts.registry import LocalRegistry, RegistryUnavailable
from core.exceptions import RuleViolation
from core.messaging.models import Message
from requests_app import actions
from requests_app.actions import attachments, chores
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import signed_in, signed_in_staff, words
from tests.requests_app.desk_pages import desk_of, now
from tests.requests_app.files import photo
from tests.requests_app.people import TEXT, act, after
from tests.requests_app.steps import page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def holder():
    return factories.UserFactory(identity__name_en="Fahad Al Otaibi")


@pytest.fixture
def worker():
    return factories.UserFactory(identity__name_en="Raju Kumar")


@pytest.fixture
def returned(holder, worker, officer):
    """Return an inquiry for the worker with a document, returned, answered and returned again.

    The holder employs somebody else too, and the worker is somebody else's visitor.
    """
    factories.link(holder.identity, worker.identity)
    factories.link(holder.identity, factories.UserFactory().identity)
    factories.link(factories.UserFactory().identity, worker.identity, Link.Kind.HOST)
    inquiry = factories.draft(holder, beneficiary=worker.identity)
    factories.attached(inquiry)
    inquiry = after(factories.submitted(inquiry), officer, "claimed", "returned")
    act("resubmitted", inquiry, holder, text="This note is between us and the Directorate.")
    inquiry = act("returned", now(inquiry), officer)
    Message.objects.all().delete()
    return inquiry


def end_of(holder, person):
    yesterday = timezone.localdate() - timedelta(days=1)
    Link.objects.filter(holder=holder.identity, person=person.identity).update(until=yesterday)


def told():
    """Return who has been told what since the last call, by text."""
    rows = list(Message.objects.order_by("pk").values_list("recipient", "text"))
    Message.objects.all().delete()
    return rows


def test_both_are_told_once_and_it_is_written_into_the_history(holder, worker, returned):
    factories.filed(worker)  # their own
    told()
    assert actions.pass_on_inquiries() == 0
    end_of(holder, worker)
    assert actions.pass_on_inquiries() == 1
    number = returned.reference
    assert told() == [
        (
            str(worker.mobile),
            f"Tawasul: inquiry {number} for Raju is yours now: Fahad Al Otaibi no longer acts for "
            "Raju. Sign in to read it.",
        ),
        (
            str(holder.mobile),
            f"Tawasul: inquiry {number} for Raju is no longer yours: you can no longer act for "
            "Raju. You can still read what was sent.",
        ),
    ]
    assert actions.pass_on_inquiries() == 0
    event = now(returned).events.last()
    assert (event.event_type, event.actor, event.role) == ("passed_on", None, "portal")
    assert "Passed on to the person it is about" in words(signed_in(worker).get(page_of(returned)))


def test_both_are_told_again_when_a_link_that_was_back_ends_too(holder, worker, returned):
    end_of(holder, worker)
    actions.pass_on_inquiries()
    back = factories.link(holder.identity, worker.identity, since=timezone.localdate())
    told()
    assert actions.pass_on_inquiries() == 0
    back.delete()
    assert actions.pass_on_inquiries() == 1
    assert [to for to, _text in told()] == [str(worker.mobile), str(holder.mobile)]


def test_what_is_finished_is_passed_on_in_silence(holder, worker, officer, returned):
    act("resubmitted", returned, holder)
    act("approved", now(returned), officer)
    told()
    end_of(holder, worker)
    assert actions.pass_on_inquiries() == 0
    assert told() == []
    listed = words(signed_in(holder).get("/en/inquiries/?show=finished"))
    assert "No longer yours" not in listed


def test_who_it_is_about_goes_on_with_it_without_the_holders_side(holder, worker, returned):
    end_of(holder, worker)
    as_worker, as_holder = signed_in(worker), signed_in(holder)
    waiting = as_worker.get("/en/inquiries/?show=waiting").content.decode()
    assert returned.reference in waiting
    page = words(as_worker.get(page_of(returned)))
    assert factories.DESCRIPTION in page
    assert TEXT in page  # the officer's
    for of_holder in ("between us", "passport.jpg", str(holder.mobile)[-4:]):
        assert of_holder not in page
    typed = {"text": "I have it here.", "idempotency_key": "0" * 32}
    typed |= {"expected_version": returned.version, "document_type": "supporting-proof"}
    answer = as_worker.post(page_of(returned, "answer"), {**typed, "files": photo("mine.jpg", 61)})
    assert answer.status_code == 302
    assert now(returned).status == "returned_by_applicant"
    page = words(as_worker.get(page_of(returned)))
    assert "I have it here." in page
    assert "mine.jpg" in page
    page = words(as_holder.get(page_of(returned)))
    assert factories.DESCRIPTION in page
    for of_holder in ("This note is between us and the Directorate.", str(holder.mobile)[-4:]):
        assert of_holder in page
    assert "Fahad Al Otaibi can no longer act for Raju Kumar" in page
    for of_worker in ("I have it here.", "mine.jpg", "Returned by applicant", TEXT):
        assert of_worker not in page
    assert "No longer yours" in words(as_holder.get("/en/inquiries/"))
    assert "No longer yours" not in words(as_holder.get("/en/inquiries/?show=open"))
    led_back = words(as_holder.get(page_of(returned, "answer"), follow=True))
    assert led_back.count("can no longer act for") == 1


class WithoutHolder(LocalRegistry):
    """A registry that knows nothing of Fahad Al Otaibi any more."""

    def refresh(self, identity):
        if identity.name_en == "Fahad Al Otaibi":
            raise RegistryUnavailable
        return super().refresh(identity)


def test_who_goes_on_needs_nothing_of_a_holder_whom_the_registry_forgot(
    holder, worker, returned, settings
):
    settings.REGISTRY = f"{__name__}.WithoutHolder"
    with pytest.raises(RegistryUnavailable):
        act("resubmitted", returned, holder)
    end_of(holder, worker)
    act("resubmitted", returned, worker)
    assert now(returned).status == "returned_by_applicant"


def test_officers_see_that_it_has_passed_on(holder, worker, officer, returned):
    at_desk = signed_in_staff(officer)
    notice = "Fahad Al Otaibi has no link to the beneficiary any more"
    assert notice not in words(at_desk.get(desk_of(returned)))
    end_of(holder, worker)
    assert notice in words(at_desk.get(desk_of(returned)))


def test_an_unsent_document_of_the_holder_is_not_sent_by_another(holder, worker, returned):
    factories.attached(returned, photo("holder.jpg", 62))
    end_of(holder, worker)
    act("resubmitted", returned, worker)
    assert not returned.attachments.filter(original_name="holder.jpg").exists()
    assert returned.attachments.count() == 1


def test_each_side_has_documents_and_room_of_its_own(holder, worker, returned, monkeypatch):
    monkeypatch.setattr(attachments, "MAX_DOCUMENTS", 1)
    factories.attached(returned, photo("holder.jpg", 62))
    end_of(holder, worker)
    ((same, notice),) = actions.attach(
        actor=worker,
        inquiry=returned,
        document_type=factories.document_type(),
        uploads=[photo("worker.jpg", 62)],
    )
    assert (same.original_name, same.successor) == ("worker.jpg", worker.identity)
    assert notice == "", "the other side's documents are not told of"


def test_a_mandate_of_the_person_holds_nothing(officer, worker):
    """The worker speaks for the establishment, which does not employ them any more."""
    palm = factories.establishment()
    speaker = factories.UserFactory()
    for person in (speaker, worker):
        factories.link(palm, person.identity, Link.Kind.REPRESENTATIVE)
    employed = factories.link(palm, worker.identity)
    inquiry = factories.submitted(
        factories.draft(speaker, beneficiary=worker.identity, holder=palm)
    )
    employed.until = timezone.localdate() - timedelta(days=1)
    employed.save(update_fields=["until"])
    told()
    assert actions.pass_on_inquiries() == 1
    texts = [(to, "is yours now" in text) for to, text in told()]
    assert texts == [(str(worker.mobile), True), (str(speaker.mobile), False)]
    assert "has no link to the beneficiary" in words(signed_in_staff(officer).get(desk_of(inquiry)))
    with pytest.raises(RuleViolation):
        act("withdrawn", now(inquiry), speaker)
    act("withdrawn", now(inquiry), worker)


def test_a_worker_that_was_overtaken_tells_nobody(holder, worker, returned):
    act("resubmitted", returned, holder)
    told()
    assert chores._remind(returned) == 0
    end_of(holder, worker)
    assert chores._pass_on(returned) == 0
    assert told() == []


def test_a_minor_is_followed_by_their_guardian_of_today(officer):
    born = timezone.localdate() - timedelta(days=11 * 365)
    child = factories.IdentityFactory(birth_date=born, name_en="Yusuf", mobile="+966500000099")
    father, mother = factories.UserFactory(), factories.UserFactory()
    factories.link(father.identity, child, Link.Kind.GUARDIAN)
    inquiry = after(factories.filed(father, beneficiary=child), officer, "claimed", "returned")
    yesterday = timezone.localdate() - timedelta(days=1)
    Link.objects.filter(holder=father.identity).update(until=yesterday)
    factories.link(mother.identity, child, Link.Kind.GUARDIAN)
    other = factories.IdentityFactory(birth_date=born)
    factories.link(father.identity, other, Link.Kind.GUARDIAN)
    told()
    actions.pass_on_inquiries()
    assert [to for to, _text in told()] == [str(mother.mobile), str(father.mobile)]
    with pytest.raises(RuleViolation):
        act("resubmitted", now(inquiry), father)
    waiting = signed_in(mother).get("/en/inquiries/?show=waiting").content.decode()
    assert inquiry.reference in waiting
    act("resubmitted", now(inquiry), mother)
    assert now(inquiry).status == "returned_by_applicant"
    Identity.objects.filter(pk=child.pk).update(birth_date="1990-01-01")  # of age by now
    with pytest.raises(RuleViolation):
        act("withdrawn", now(inquiry), mother)


@pytest.fixture
def child():
    born = timezone.localdate() - timedelta(days=11 * 365)
    return factories.IdentityFactory(birth_date=born, name_en="Yusuf Ali")


@pytest.fixture
def passed_to_father(holder, officer, child):
    """Return an inquiry of the holder that has passed to the child's father, and him."""
    father = factories.UserFactory()
    factories.link(holder.identity, child)
    factories.link(father.identity, child, Link.Kind.GUARDIAN)
    inquiry = after(factories.filed(holder, beneficiary=child), officer, "claimed", "returned")
    Link.objects.filter(holder=holder.identity).delete()
    actions.pass_on_inquiries()
    act("resubmitted", now(inquiry), father, text="This is the father's answer.")
    act("returned", now(inquiry), officer)
    told()
    return now(inquiry), father


def test_a_second_guardian_has_nothing_of_the_first_who_keeps_their_own_words(
    holder, child, passed_to_father
):
    inquiry, father = passed_to_father
    actions.attach(
        actor=father,
        inquiry=inquiry,
        document_type=factories.document_type(),
        uploads=[photo("father.jpg", 63)],
    )
    mother = factories.UserFactory()
    factories.link(mother.identity, child, Link.Kind.GUARDIAN)
    assert actions.pass_on_inquiries() == 1
    number = inquiry.reference
    assert told() == [
        (
            str(mother.mobile),
            f"Tawasul: inquiry {number} for Yusuf is yours now: Fahad Al Otaibi no longer acts for "
            "Yusuf. Sign in to read it.",
        )
    ]
    of_both = words(signed_in(mother).get(page_of(inquiry)))
    assert "the father's answer" in of_both
    assert "father.jpg" in words(signed_in(mother).get(page_of(inquiry, "answer")))
    Link.objects.filter(holder=father.identity).delete()
    assert actions.pass_on_inquiries() == 1
    assert actions.pass_on_inquiries() == 0
    assert told() == [
        (
            str(father.mobile),
            f"Tawasul: inquiry {number} for Yusuf is no longer yours: you can no longer act for "
            "Yusuf. You can still read what was sent.",
        )
    ]
    page = words(signed_in(mother).get(page_of(inquiry)))
    assert TEXT in page  # the officer's
    assert "the father's answer" not in page
    assert "father.jpg" not in words(signed_in(mother).get(page_of(inquiry, "answer")))
    page = words(signed_in(father).get(page_of(inquiry)))
    assert "you can no longer act for Yusuf Ali" in page
    assert "the father's answer" in page
    assert TEXT not in page
    with pytest.raises(RuleViolation):
        act("withdrawn", now(inquiry), father)


def test_it_passes_from_the_guardian_to_a_minor_who_comes_of_age(child, passed_to_father):
    inquiry, father = passed_to_father
    grown_up = factories.UserFactory(identity=child)
    Identity.objects.filter(pk=child.pk).update(birth_date="1990-01-01")
    assert actions.pass_on_inquiries() == 1
    texts = [(to, "is yours now" in text) for to, text in told()]
    assert texts == [(str(grown_up.mobile), True), (str(father.mobile), False)]
    assert "the father's answer" not in words(signed_in(grown_up).get(page_of(inquiry)))


def test_a_link_that_is_back_gives_the_rights_back(holder, worker, officer, returned):
    end_of(holder, worker)
    act("resubmitted", returned, worker, text="This is no longer theirs to read.")
    factories.link(holder.identity, worker.identity, since=timezone.localdate())
    page = words(signed_in(holder).get(page_of(returned)))
    assert "This note is between us and the Directorate." in page
    assert "no longer theirs" not in page
    act("replied", now(returned), officer)
    with pytest.raises(RuleViolation):
        act("withdrawn", now(returned), worker)


def test_a_closed_establishment_holds_nothing(officer):
    palm = factories.establishment()
    speaker, colleague, worker = factories.UserFactory.create_batch(3)
    for each in (speaker, colleague):
        factories.link(palm, each.identity, Link.Kind.REPRESENTATIVE)
    factories.link(palm, worker.identity)
    draft = factories.draft(speaker, beneficiary=worker.identity, holder=palm)
    inquiry = after(factories.submitted(draft), officer, "claimed", "returned")
    Identity.objects.filter(pk=palm.pk).update(status=Identity.Status.DEPARTED)
    told()
    assert actions.pass_on_inquiries() == 1
    assert {to for to, _text in told()} == {
        str(each.mobile) for each in (speaker, colleague, worker)
    }
    inquiry = now(inquiry)
    for each in (speaker, colleague):
        page = words(signed_in(each).get(page_of(inquiry)))
        assert "This is no longer yours" in page
        assert TEXT not in page
        with pytest.raises(RuleViolation):
            act("resubmitted", inquiry, each)
    act("resubmitted", inquiry, worker)
    assert Inquiry.objects.get(pk=inquiry.pk).status == "returned_by_applicant"


def test_who_is_the_person_too_keeps_what_they_wrote_as_a_representative(officer):
    palm = factories.establishment()
    speaker = factories.UserFactory()
    mandate = factories.link(palm, speaker.identity, Link.Kind.REPRESENTATIVE)
    employment = factories.link(palm, speaker.identity)
    inquiry = factories.filed(speaker, beneficiary=speaker.identity, holder=palm)
    inquiry = after(inquiry, officer, "claimed", "returned")
    act("resubmitted", inquiry, speaker, text="The receipt is on its way.")
    for link in (mandate, employment):
        link.delete()
        assert "The receipt is on its way." in words(signed_in(speaker).get(page_of(inquiry)))
