"""The applicant's pages after filing: answering a return, withdrawing and reading."""

import html
import uuid
from itertools import product

import pytest

from core.accounts.models import User
from core.references import grouped_reference
from requests_app.models import Inquiry, Reply
from tests import factories
from tests.conftest import errors_on, notices_on, sign_in, signed_in, words
from tests.requests_app.desk_pages import desk_of, now
from tests.requests_app.people import act, after, user_named
from tests.requests_app.refusals import changed
from tests.requests_app.steps import form_on, page_of, seen
from tests.worlds import undone, world

pytestmark = pytest.mark.usefixtures("followed")

QUESTION = "Which fee was it, and on which day did you pay it?"
ANSWER = "The renewal fee, on 12 Safar. The receipt says 650 riyals."
REASON = "The fee is shown as paid now, so I have nothing left to ask."
EMPTY = ["", " \n ", "\u200d\u0640\u202e"]
# What the pages say in English and in Arabic.
SENTENCES = {
    "status": ("Returned to applicant", "معاد لمقدم الطلب"),
    "asked": (
        "An officer has returned this inquiry to you. Read what is missing and answer.",
        "أعاد الموظف هذا الطلب إليك. يرجى الاطلاع على ما ينقصه ثم الرد.",
    ),
    "answer": ("Answer the officer", "الرد على الموظف"),
    "label": ("Your answer*", "ردك*"),
    "send": ("Send the answer", "إرسال الرد"),
    "directorate": ("The Directorate", "الجوازات · "),
    "sent": ("Your answer has been sent.", "تم إرسال الرد."),
    "back": ("Returned by applicant", "معاد من مقدم الطلب"),
    "missing": ("Write what the officer asked for.", "يرجى كتابة ما طلبه الموظف."),
    "withdraw": ("Withdraw this inquiry", "سحب هذا الطلب"),
    "reason": ("Why are you withdrawing it?", "ما سبب السحب؟"),
    "withdrawn": ("The inquiry has been withdrawn.", "تم سحب الطلب."),
    "ended": ("Withdrawn", "مسحوب"),
    "no_reason": ("Write why you are withdrawing the inquiry.", "يرجى كتابة سبب السحب."),
}
SAID = {
    language: {name: said[place] for name, said in SENTENCES.items()}
    for place, language in enumerate(("en", "ar"))
}


@world
def followed():
    """Return the keys of two inquiries of `resident`, with `officer` and returned by `officer`."""
    officer = factories.OfficerFactory(username="officer")
    resident = factories.UserFactory(username="resident")
    person = factories.UserFactory(
        username="person", identity__name_en="Ayesha Noor", identity__name_ar="عائشة نور"
    )
    factories.link(resident.identity, person.identity)
    at_work, returned = (
        factories.claimed(officer, applicant=resident, beneficiary=person.identity)
        for _row in range(2)
    )
    act("returned", returned, officer, text=QUESTION)
    return at_work.pk, returned.pk


officer = user_named("officer")
resident = user_named("resident")


@pytest.fixture
def as_beneficiary(followed, db):
    """Return the browser of the beneficiary, who has an account of their own."""
    return signed_in(User.objects.get(username="person"))


@pytest.fixture
def at_work(followed, db):
    """Return an inquiry that the officer has claimed."""
    return Inquiry.objects.get(pk=followed[0])


@pytest.fixture
def returned(followed, db):
    return Inquiry.objects.get(pk=followed[1])


def send(browser, inquiry, step, text, language="en", **changes):
    """Answer or withdraw on the form of the page, and return the page that follows."""
    address = page_of(inquiry, step, language)
    return browser.post(address, form_on(browser.get(address), text, **changes), follow=True)


def answer(browser, inquiry, text=ANSWER, language="en", **changes):
    return send(browser, inquiry, "answer", text, language, **changes)


def withdraw(browser, inquiry, text=REASON, language="en"):
    return send(browser, inquiry, "withdraw", text, language)


def typed_on(page):
    return page.context["form"]["text"].value()


# A returned inquiry


def test_returned_inquiry_shows_question_and_answer_link(as_resident, returned):
    reference = grouped_reference(returned.reference)
    for language, said in SAID.items():
        page = as_resident.get(page_of(returned, language=language))
        shown = words(page)
        assert f"{reference} {said['status']} {said['asked']} {said['answer']}" in shown
        assert f'href="{page_of(returned, "answer", language)}"' in page.content.decode()
        assert shown.index(said["directorate"]) < shown.index(QUESTION)
        assert said["label"] not in shown
        form = words(as_resident.get(page_of(returned, "answer", language)))
        in_order = ("answer", "directorate", QUESTION, "label", "send")
        places = [form.index(said.get(each, each)) for each in in_order]
        assert places == sorted(places)


def test_the_answer_goes_back_to_the_officer(as_resident, as_officer, returned):
    reference = grouped_reference(returned.reference)
    for language, said in SAID.items():
        with undone():
            page = answer(as_resident, returned, language=language)
            assert page.redirect_chain == [(page_of(returned, language=language), 302)]
            assert said["sent"] in notices_on(page)
            shown = words(page)
            assert f"{reference} {said['back']}" in shown
            assert ANSWER in shown
            assert said["answer"] not in shown
            desk = words(as_officer.get(desk_of(returned)))
            assert ANSWER in desk
            assert f"{reference} Returned by applicant" in desk


def test_empty_answer_is_refused(as_resident, returned):
    for (language, said), text in product(SAID.items(), EMPTY):
        with undone():
            page = answer(as_resident, returned, text, language)
            assert page.status_code == 200
            assert errors_on(page) == [said["missing"]], text
            assert QUESTION in words(page)
            assert now(returned).version == returned.version
            mended = form_on(page, ANSWER)
            done = as_resident.post(page_of(returned, "answer", language), mended, follow=True)
            assert said["sent"] in notices_on(done)


def test_too_long_answer_can_be_shortened(as_resident, returned):
    for language, said in SAID.items():
        with undone():
            page = answer(as_resident, returned, "a" * 4001, language)
            assert page.status_code == 200
            assert len(errors_on(page)) == 1
            assert typed_on(page) == "a" * 4001
            assert "a" * 4001 in page.content.decode()
            assert now(returned).version == returned.version
            mended = form_on(page, "a" * 4000)
            done = as_resident.post(page_of(returned, "answer", language), mended, follow=True)
            assert said["sent"] in notices_on(done)


def test_second_click_answers_once_with_same_message(as_resident, returned):
    typed = form_on(as_resident.get(page_of(returned, "answer")), ANSWER)
    for _click in range(2):
        page = as_resident.post(page_of(returned, "answer"), typed, follow=True)
        assert "Your answer has been sent." in notices_on(page)
    assert returned.replies.filter(kind=Reply.Kind.FROM_APPLICANT).count() == 1
    assert now(returned).version == returned.version + 1


def test_answer_with_forged_field_is_refused(as_resident, returned):
    for forged in (
        *({"expected_version": version} for version in ("", "abc", -1, 2**31)),
        *({"idempotency_key": key} for key in ("", "abc", "0" * 40)),
    ):
        page = answer(as_resident, returned, **forged)
        assert page.status_code == 200, forged
        assert typed_on(page) == ANSWER, forged
        assert now(returned).version == returned.version, forged


def test_inquiry_not_returned_cannot_be_answered(as_resident, at_work):
    assert "Answer the officer" not in words(as_resident.get(page_of(at_work)))
    assert as_resident.get(page_of(at_work, "answer")).url == page_of(at_work)
    typed = {"idempotency_key": uuid.uuid4(), "expected_version": at_work.version, "text": ANSWER}
    page = as_resident.post(page_of(at_work, "answer"), typed)
    assert notices_on(page) == ["This cannot be done while the inquiry is “Under processing”."]
    assert typed_on(page) == ANSWER
    assert now(at_work).version == at_work.version


def test_answer_survives_session_end(as_resident, resident, returned):
    typed = form_on(as_resident.get(page_of(returned, "answer")), ANSWER)
    as_resident.session.flush()
    as_resident.post(page_of(returned, "answer"), typed)
    page = sign_in(resident, as_resident).get(page_of(returned, "answer"))
    assert typed_on(page) == ANSWER
    assert html.escape(ANSWER) in page.content.decode()
    done = as_resident.post(page_of(returned, "answer"), form_on(page, ANSWER), follow=True)
    assert "Your answer has been sent." in notices_on(done)


def test_late_answer_is_refused_and_can_be_resent(as_resident, officer, returned):
    another = "Another answer, from another tab."
    address = page_of(returned, "answer")
    typed = form_on(as_resident.get(address), another)
    answer(as_resident, returned)
    page = as_resident.post(address, typed)
    assert notices_on(page) == [changed("Answered by the applicant")]
    assert typed_on(page) == another
    assert another in page.content.decode()
    again = as_resident.post(address, form_on(page, another))
    told = "This cannot be done while the inquiry is “Returned by applicant”."
    assert notices_on(again) == [told]
    assert typed_on(again) == another

    act("returned", now(returned), officer, text="It is not there.")
    page = as_resident.post(address, typed)
    assert notices_on(page) == [changed("Answered by the applicant, Returned to applicant")]
    assert "It is not there." in words(page)
    again = as_resident.post(address, form_on(page, ANSWER), follow=True)
    assert notices_on(again)[0] == "Your answer has been sent."
    assert now(returned).status == "returned_by_applicant"


def test_internal_note_does_not_block_an_answer(as_resident, officer, returned):
    User.objects.filter(pk=officer.pk).update(username="officer-in-charge")
    typed = form_on(as_resident.get(page_of(returned, "answer")), ANSWER)
    act("noted", returned, officer)
    page = as_resident.post(page_of(returned, "answer"), typed, follow=True)
    assert "Your answer has been sent." in notices_on(page)
    assert now(returned).status == "returned_by_applicant"
    assert "Internal note" not in words(page)
    assert "officer-in-charge" not in words(page)


# Withdrawing


def test_an_open_inquiry_is_withdrawn_with_the_reason(as_resident, as_officer, officer, at_work):
    ways = ([], ["released"], ["returned"], ["returned", "resubmitted"])
    reference = grouped_reference(at_work.reference)
    for (language, said), events in product(SAID.items(), ways):
        with undone():
            after(at_work, officer, *events)
            shown = words(as_resident.get(page_of(at_work, language=language)))
            assert said["withdraw"] in shown, events
            form = as_resident.get(page_of(at_work, "withdraw", language))
            assert f"{said['reason']}*" in words(form), events

            page = withdraw(as_resident, at_work, language=language)

            assert page.redirect_chain == [(page_of(at_work, language=language), 302)], events
            assert notices_on(page)[-1] == said["withdrawn"], events
            assert f"{reference} {said['ended']}" in words(page), events
            assert REASON in words(page), events
            assert said["withdraw"] not in words(page), events
            desk = words(as_officer.get(desk_of(at_work)))
            assert REASON in desk, events
            assert f"{reference} Withdrawn" in desk, events


def test_empty_or_too_long_reason_withdraws_nothing(as_resident, at_work):
    for language, said in SAID.items():
        for text in EMPTY:
            page = withdraw(as_resident, at_work, text, language)
            assert page.status_code == 200
            assert errors_on(page) == [said["no_reason"]], text
        page = withdraw(as_resident, at_work, "a" * 4001, language)
        assert len(errors_on(page)) == 1
        assert "a" * 4001 in page.content.decode()
        assert now(at_work).version == at_work.version


def test_a_second_click_withdraws_once(as_resident, at_work):
    typed = form_on(as_resident.get(page_of(at_work, "withdraw")), REASON)
    for _click in range(2):
        page = as_resident.post(page_of(at_work, "withdraw"), typed, follow=True)
        assert page.request["PATH_INFO"] == page_of(at_work)
    assert now(at_work).version == at_work.version + 1
    assert at_work.replies.count() == 1


def test_decided_inquiry_cannot_be_withdrawn(as_resident, officer, at_work):
    typed = form_on(as_resident.get(page_of(at_work, "withdraw")), REASON)
    act("approved", at_work, officer)
    assert "Withdraw this inquiry" not in words(as_resident.get(page_of(at_work)))
    assert as_resident.get(page_of(at_work, "withdraw")).url == page_of(at_work)
    page = as_resident.post(page_of(at_work, "withdraw"), typed)
    assert notices_on(page) == [changed("Approved")]
    again = as_resident.post(page_of(at_work, "withdraw"), form_on(page, REASON))
    assert notices_on(again) == ["This cannot be done while the inquiry is “Processed”."]
    assert typed_on(again) == REASON
    assert (now(at_work).status, now(at_work).outcome) == ("processed", "approved")
    assert REASON not in words(as_resident.get(page_of(at_work)))


def test_stale_withdrawal_can_be_resent_from_same_page(as_resident, officer, at_work):
    User.objects.filter(pk=officer.pk).update(username="officer-in-charge")
    typed = form_on(as_resident.get(page_of(at_work, "withdraw")), REASON)
    act("replied", at_work, officer)
    page = as_resident.post(page_of(at_work, "withdraw"), typed)
    assert notices_on(page) == [changed("Answered")]
    assert "officer-in-charge" not in words(page)
    assert typed_on(page) == REASON
    again = as_resident.post(page_of(at_work, "withdraw"), form_on(page, REASON), follow=True)
    assert notices_on(again) == ["The inquiry has been withdrawn."]


# Reading


def test_answer_is_marked_read_once_by_its_applicant(as_resident, as_officer, officer, at_work):
    act("replied", at_work, officer, text=QUESTION)
    as_resident.head(page_of(at_work))  # nobody has read a page that was only asked about
    assert "· not read yet" in words(as_officer.get(desk_of(at_work)))
    page = as_resident.get(page_of(at_work))
    first = at_work.replies.get().read_at
    assert first is not None
    assert f"{QUESTION} read " in words(page)
    assert "· not read yet" not in words(as_officer.get(desk_of(at_work)))
    as_resident.get(page_of(at_work))
    assert at_work.replies.get().read_at == first


def test_only_the_applicant_marks_an_answer_read(
    as_resident, as_officer, officer, as_beneficiary, at_work
):
    act("replied", at_work, officer, text=QUESTION)
    assert QUESTION in words(as_beneficiary.get(page_of(at_work)))
    as_officer.get(desk_of(at_work))
    signed_in(factories.UserFactory()).get(page_of(at_work))
    for page in ("/en/my/", "/en/inquiries/", page_of(at_work, "receipt")):
        as_resident.get(page)
    assert at_work.replies.get().read_at is None


def test_notes_and_own_answers_are_not_marked_read(as_resident, officer, returned):
    act("noted", returned, officer)
    answer(as_resident, returned)
    as_resident.get(page_of(returned))
    read = set(returned.replies.exclude(read_at=None).values_list("kind", flat=True))
    assert read == {"answer"}
    assert returned.replies.count() == 3


# Beneficiaries, strangers and notices


def test_beneficiary_reads_inquiry_without_actions(as_beneficiary, returned):
    for step in ("", "receipt"):
        page = as_beneficiary.get(page_of(returned, step))
        assert page.status_code == 200
        for offered in ("answer/", "withdraw/", "<textarea"):
            assert offered not in page.content.decode()
    waiting = as_beneficiary.get("/en/inquiries/?show=waiting").content.decode()
    assert returned.reference not in waiting
    shown = words(as_beneficiary.get(page_of(returned)))
    assert QUESTION in shown
    assert "has returned this inquiry to you" not in shown


def test_only_the_applicant_can_answer_or_withdraw(as_beneficiary, returned):
    as_stranger = signed_in(factories.UserFactory())
    typed = {"text": ANSWER, "expected_version": 3, "idempotency_key": uuid.UUID(int=1)}
    for step, method in product(("answer", "withdraw"), ("get", "post")):
        ask = getattr(as_beneficiary, method)
        page = ask(page_of(returned, step), typed, follow=True)
        assert page.redirect_chain == [(page_of(returned), 302)]
        assert f"Only {returned.holder.name} can do this." in words(page)
        assert now(returned).version == returned.version
    for step, method in product(("answer", "withdraw"), ("get", "post")):
        Inquiry.objects.filter(pk=returned.pk).update(reference="800000000001")
        address = f"/en/inquiries/800000000001/{step}/"
        found = seen(as_stranger, address, method, **typed)
        Inquiry.objects.filter(pk=returned.pk).update(reference="800000000002")
        assert found[0] == 404
        assert found == seen(as_stranger, address, method, **typed)
        assert now(returned).version == returned.version


def test_a_notice_by_mail_says_which_address_it_went_to(as_resident, resident, officer, at_work):
    resident.email = "aslam@example.org"
    resident.save(update_fields=["email"])
    act("replied", at_work, officer)
    assert "•••• org" not in words(as_resident.get(page_of(at_work)))
