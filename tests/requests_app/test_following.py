"""The applicant's pages after filing: answering a return, withdrawing and reading."""

import html
import uuid

import pytest

from core.references import grouped_reference
from requests_app import actions
from requests_app.models import Inquiry, Reply
from tests import factories
from tests.conftest import errors_on, notices_on, sign_in, signed_in, without_tokens, words
from tests.requests_app.refusals import changed

QUESTION = "Which fee was it, and on which day did you pay it?"
ANSWER = "The renewal fee, on 12 Safar. The receipt says 650 riyals."
REASON = "The fee is shown as paid now, so I have nothing left to ask."
EMPTY = ["", " \n ", "\0\u202e"]
SAID = {
    "en": {
        "status": "Returned to applicant",
        "asked": "An officer has returned this inquiry to you. Read what is missing and answer.",
        "answer": "Answer the officer",
        "label": "Your answer*",
        "send": "Send the answer",
        "directorate": "The Directorate",
        "sent": "Your answer has been sent.",
        "back": "Returned by applicant",
        "missing": "Write what the officer asked for.",
        "withdraw": "Withdraw this inquiry",
        "reason": "Why are you withdrawing it?",
        "withdrawn": "The inquiry has been withdrawn.",
        "ended": "Withdrawn",
        "no_reason": "Write why you are withdrawing the inquiry.",
    },
    "ar": {
        "status": "معاد لمقدم الطلب",
        "asked": "أعاد الموظف هذا الطلب إليك. يرجى الاطلاع على ما ينقصه ثم الرد.",
        "answer": "الرد على الموظف",
        "label": "ردك*",
        "send": "إرسال الرد",
        "directorate": "الجوازات · ",
        "sent": "تم إرسال الرد.",
        "back": "معاد من مقدم الطلب",
        "missing": "يرجى كتابة ما طلبه الموظف.",
        "withdraw": "سحب هذا الطلب",
        "reason": "ما سبب السحب؟",
        "withdrawn": "تم سحب الطلب.",
        "ended": "مسحوب",
        "no_reason": "يرجى كتابة سبب السحب.",
    },
}
in_both_languages = pytest.mark.parametrize("language", ["en", "ar"])


def page_of(inquiry, step="", language="en"):
    return f"/{language}/inquiries/{inquiry.reference}/{step}"


def form_on(page, text, **changes):
    """Return the form data that a browser sends from this page."""
    form = page.context["form"]
    return {
        "idempotency_key": form["idempotency_key"].value(),
        "expected_version": form["expected_version"].value(),
        "text": text,
        **changes,
    }


def answer(browser, inquiry, text=ANSWER, language="en", **changes):
    """Answer on the form of the answer page, and return the page that follows."""
    address = page_of(inquiry, "answer/", language)
    return browser.post(address, form_on(browser.get(address), text, **changes), follow=True)


def withdraw(browser, inquiry, text=REASON, language="en"):
    """Withdraw on the form of the withdrawal page, and return the page that follows."""
    address = page_of(inquiry, "withdraw/", language)
    return browser.post(address, form_on(browser.get(address), text), follow=True)


def act(action, officer, inquiry, text=QUESTION):
    inquiry.refresh_from_db()
    return action(
        actor=officer,
        inquiry=inquiry,
        expected_version=inquiry.version,
        text=text,
        idempotency_key=uuid.uuid4(),
    )


def now(inquiry):
    return Inquiry.objects.get(pk=inquiry.pk)


def answer_of(browser, address, method="post"):
    """Return the status, content and headers of a response, without tokens."""
    typed = {"text": ANSWER, "expected_version": 3, "idempotency_key": uuid.UUID(int=1)}
    response = getattr(browser, method)(address, typed)
    return response.status_code, without_tokens(response), sorted(response.headers.items())


@pytest.fixture
def person(db):
    """Return the beneficiary of the inquiry, who has an account of their own."""
    return factories.UserFactory(identity__name_en="Ayesha Noor", identity__name_ar="عائشة نور")


@pytest.fixture
def at_work(officer, resident, person):
    """Return an inquiry that the officer has claimed."""
    factories.link(resident.identity, person.identity)
    return factories.claimed(officer, applicant=resident, beneficiary=person.identity)


@pytest.fixture
def returned(officer, at_work):
    return act(actions.send_back, officer, at_work)


# A returned inquiry


@in_both_languages
def test_returned_inquiry_shows_question_and_answer_link(as_resident, returned, language):
    said = SAID[language]
    page = as_resident.get(page_of(returned, language=language))
    shown = words(page)
    reference = grouped_reference(returned.reference)
    assert f"{reference} {said['status']} {said['asked']} {said['answer']}" in shown
    assert f'href="{page_of(returned, "answer/", language)}"' in page.content.decode()
    assert shown.index(said["directorate"]) < shown.index(QUESTION)
    assert said["label"] not in shown
    form = words(as_resident.get(page_of(returned, "answer/", language)))
    in_order = ("answer", "directorate", QUESTION, "label", "send")
    places = [form.index(said.get(each, each)) for each in in_order]
    assert places == sorted(places)


@in_both_languages
def test_the_answer_goes_back_to_the_officer(as_resident, as_officer, returned, language):
    said = SAID[language]
    page = answer(as_resident, returned, language=language)
    assert page.redirect_chain == [(page_of(returned, language=language), 302)]
    assert said["sent"] in notices_on(page)
    shown = words(page)
    assert f"{grouped_reference(returned.reference)} {said['back']}" in shown
    assert ANSWER in shown
    assert said["answer"] not in shown
    desk = as_officer.get(f"/en/staff/requests_app/inquiry/{returned.pk}/change/")
    assert ANSWER in words(desk)
    assert f"{grouped_reference(returned.reference)} Returned by applicant" in words(desk)


@in_both_languages
@pytest.mark.parametrize("text", EMPTY)
def test_empty_answer_is_refused(as_resident, returned, text, language):
    page = answer(as_resident, returned, text, language)
    assert page.status_code == 200
    assert errors_on(page) == [SAID[language]["missing"]]
    assert QUESTION in words(page)
    assert now(returned).version == returned.version
    mended = form_on(page, ANSWER)
    done = as_resident.post(page_of(returned, "answer/", language), mended, follow=True)
    assert SAID[language]["sent"] in notices_on(done)


@in_both_languages
def test_too_long_answer_can_be_shortened(as_resident, returned, language):
    page = answer(as_resident, returned, "a" * 4001, language)
    assert page.status_code == 200
    assert len(errors_on(page)) == 1
    assert page.context["form"]["text"].value() == "a" * 4001
    assert "a" * 4001 in page.content.decode()
    assert now(returned).version == returned.version
    shortened = form_on(page, "a" * 4000)
    done = as_resident.post(page_of(returned, "answer/", language), shortened, follow=True)
    assert SAID[language]["sent"] in notices_on(done)


def test_second_click_answers_once_with_same_message(as_resident, returned):
    typed = form_on(as_resident.get(page_of(returned, "answer/")), ANSWER)
    for _click in range(2):
        page = as_resident.post(page_of(returned, "answer/"), typed, follow=True)
        assert "Your answer has been sent." in notices_on(page)
    assert returned.replies.filter(kind=Reply.Kind.FROM_APPLICANT).count() == 1
    assert now(returned).version == returned.version + 1


@pytest.mark.parametrize(
    "forged",
    [
        {"expected_version": ""},
        {"expected_version": "abc"},
        {"expected_version": -1},
        {"expected_version": 2**31},
    ],
)
def test_answer_with_invalid_version_is_refused(as_resident, returned, forged):
    page = answer(as_resident, returned, **forged)
    assert page.status_code == 200
    assert page.context["form"]["text"].value() == ANSWER
    assert now(returned).version == returned.version


@pytest.mark.parametrize("idempotency_key", ["", "abc", "0" * 40])
def test_answer_with_invalid_idempotency_key_is_refused(as_resident, returned, idempotency_key):
    assert answer(as_resident, returned, idempotency_key=idempotency_key).status_code == 200
    assert now(returned).version == returned.version


def test_inquiry_not_returned_cannot_be_answered(as_resident, at_work):
    assert "Answer the officer" not in words(as_resident.get(page_of(at_work)))
    assert as_resident.get(page_of(at_work, "answer/")).url == page_of(at_work)
    typed = {"idempotency_key": uuid.uuid4(), "expected_version": at_work.version, "text": ANSWER}
    page = as_resident.post(page_of(at_work, "answer/"), typed)
    assert notices_on(page) == ["This cannot be done while the inquiry is “Under processing”."]
    assert page.context["form"]["text"].value() == ANSWER
    assert now(at_work).version == at_work.version


def test_answer_survives_session_end(as_resident, resident, returned):
    typed = form_on(as_resident.get(page_of(returned, "answer/")), ANSWER)
    as_resident.session.flush()
    as_resident.post(page_of(returned, "answer/"), typed)
    page = sign_in(resident, as_resident).get(page_of(returned, "answer/"))
    assert page.context["form"]["text"].value() == ANSWER
    assert html.escape(ANSWER) in page.content.decode()
    done = as_resident.post(page_of(returned, "answer/"), form_on(page, ANSWER), follow=True)
    assert "Your answer has been sent." in notices_on(done)


def test_late_answer_is_refused_and_kept(as_resident, returned):
    another = "Another answer, from another tab."
    typed = form_on(as_resident.get(page_of(returned, "answer/")), another)
    answer(as_resident, returned)
    page = as_resident.post(page_of(returned, "answer/"), typed)
    assert notices_on(page) == [changed("Answered by the applicant")]
    assert page.context["form"]["text"].value() == another
    assert another in page.content.decode()
    again = as_resident.post(page_of(returned, "answer/"), form_on(page, another))
    told = "This cannot be done while the inquiry is “Returned by applicant”."
    assert notices_on(again) == [told]
    assert again.context["form"]["text"].value() == another


def test_stale_answer_can_be_resent_from_same_page(as_resident, officer, returned):
    typed = form_on(as_resident.get(page_of(returned, "answer/")), ANSWER)
    answer(as_resident, returned, "I have sent it.")
    act(actions.send_back, officer, returned, "It is not there.")
    page = as_resident.post(page_of(returned, "answer/"), typed)
    assert notices_on(page) == [changed("Answered by the applicant, Returned to applicant")]
    assert "It is not there." in words(page)
    again = as_resident.post(page_of(returned, "answer/"), form_on(page, ANSWER), follow=True)
    assert notices_on(again)[0] == "Your answer has been sent."
    assert now(returned).status == "returned_by_applicant"


def test_internal_note_does_not_block_an_answer(as_resident, officer, returned):
    typed = form_on(as_resident.get(page_of(returned, "answer/")), ANSWER)
    act(actions.note, officer, returned, "Ask the bank about this one.")
    page = as_resident.post(page_of(returned, "answer/"), typed, follow=True)
    assert "Your answer has been sent." in notices_on(page)
    assert now(returned).status == "returned_by_applicant"
    assert "Internal note" not in words(page)
    assert officer.username not in words(page)


# Withdrawing


@in_both_languages
@pytest.mark.parametrize("status", ["in the queue", "with an officer", "returned", "answered"])
def test_an_open_inquiry_is_withdrawn_with_the_reason(
    as_resident, as_officer, officer, at_work, status, language
):
    said = SAID[language]
    if status == "in the queue":
        actions.release(actor=officer, inquiry=at_work, expected_version=at_work.version)
    if status in ("returned", "answered"):
        act(actions.send_back, officer, at_work)
    if status == "answered":
        answer(as_resident, at_work)
    shown = words(as_resident.get(page_of(at_work, language=language)))
    assert said["withdraw"] in shown
    form = as_resident.get(page_of(at_work, "withdraw/", language))
    assert f"{said['reason']}*" in words(form)

    page = withdraw(as_resident, at_work, language=language)

    assert page.redirect_chain == [(page_of(at_work, language=language), 302)]
    assert notices_on(page)[-1] == said["withdrawn"]
    assert f"{grouped_reference(at_work.reference)} {said['ended']}" in words(page)
    assert REASON in words(page)
    assert said["withdraw"] not in words(page)
    desk = words(as_officer.get(f"/en/staff/requests_app/inquiry/{at_work.pk}/change/"))
    assert REASON in desk
    assert f"{grouped_reference(at_work.reference)} Withdrawn" in desk


@in_both_languages
@pytest.mark.parametrize("text", EMPTY)
def test_without_a_reason_nothing_is_withdrawn(as_resident, at_work, text, language):
    page = withdraw(as_resident, at_work, text, language)
    assert page.status_code == 200
    assert errors_on(page) == [SAID[language]["no_reason"]]
    assert now(at_work).version == at_work.version


@in_both_languages
def test_a_reason_that_is_too_long_is_kept(as_resident, at_work, language):
    page = withdraw(as_resident, at_work, "a" * 4001, language)
    assert len(errors_on(page)) == 1
    assert "a" * 4001 in page.content.decode()
    assert now(at_work).version == at_work.version


def test_a_second_click_withdraws_once(as_resident, at_work):
    typed = form_on(as_resident.get(page_of(at_work, "withdraw/")), REASON)
    for _click in range(2):
        page = as_resident.post(page_of(at_work, "withdraw/"), typed, follow=True)
        assert page.request["PATH_INFO"] == page_of(at_work)
    assert now(at_work).version == at_work.version + 1
    assert at_work.replies.count() == 1


def test_decided_inquiry_cannot_be_withdrawn(as_resident, officer, at_work):
    typed = form_on(as_resident.get(page_of(at_work, "withdraw/")), REASON)
    act(actions.approve, officer, at_work)
    assert "Withdraw this inquiry" not in words(as_resident.get(page_of(at_work)))
    assert as_resident.get(page_of(at_work, "withdraw/")).url == page_of(at_work)
    page = as_resident.post(page_of(at_work, "withdraw/"), typed)
    assert notices_on(page) == [changed("Approved")]
    again = as_resident.post(page_of(at_work, "withdraw/"), form_on(page, REASON))
    told = "This cannot be done while the inquiry is “Processed”."
    assert notices_on(again) == [told]
    assert again.context["form"]["text"].value() == REASON
    assert (now(at_work).status, now(at_work).outcome) == ("processed", "approved")
    assert REASON not in words(as_resident.get(page_of(at_work)))


def test_stale_message_hides_officers_name(as_resident, officer, at_work):
    typed = form_on(as_resident.get(page_of(at_work, "withdraw/")), REASON)
    act(actions.reply, officer, at_work)
    page = as_resident.post(page_of(at_work, "withdraw/"), typed)
    assert notices_on(page) == [changed("Answered")]
    assert officer.username not in words(page)


def test_stale_withdrawal_can_be_resent_from_same_page(as_resident, officer, at_work):
    typed = form_on(as_resident.get(page_of(at_work, "withdraw/")), REASON)
    act(actions.reply, officer, at_work)
    page = as_resident.post(page_of(at_work, "withdraw/"), typed)
    assert page.context["form"]["text"].value() == REASON
    again = as_resident.post(page_of(at_work, "withdraw/"), form_on(page, REASON), follow=True)
    assert notices_on(again) == ["The inquiry has been withdrawn."]


# Reading


def test_answer_is_marked_read_once_by_its_applicant(as_resident, as_officer, officer, at_work):
    act(actions.reply, officer, at_work)
    reply = at_work.replies.get()
    desk = f"/en/staff/requests_app/inquiry/{at_work.pk}/change/"
    assert "· not read yet" in words(as_officer.get(desk))
    page = as_resident.get(page_of(at_work))
    reply.refresh_from_db()
    first = reply.read_at
    assert first is not None
    assert f"{QUESTION} read " in words(page)
    assert "· not read yet" not in words(as_officer.get(desk))
    as_resident.get(page_of(at_work))
    reply.refresh_from_db()
    assert reply.read_at == first


def test_only_the_applicant_marks_an_answer_read(as_resident, as_officer, officer, person, at_work):
    act(actions.reply, officer, at_work)
    beneficiary = signed_in(person)
    assert QUESTION in words(beneficiary.get(page_of(at_work)))
    as_officer.get(f"/en/staff/requests_app/inquiry/{at_work.pk}/change/")
    signed_in(factories.UserFactory()).get(page_of(at_work))
    for page in ("/en/my/", "/en/inquiries/", page_of(at_work, "receipt/")):
        as_resident.get(page)
    assert at_work.replies.get().read_at is None


def test_notes_and_own_answers_are_not_marked_read(as_resident, officer, returned):
    act(actions.note, officer, returned, "Ask the bank about this one.")
    answer(as_resident, returned)
    as_resident.get(page_of(returned))
    read = set(returned.replies.exclude(read_at=None).values_list("kind", flat=True))
    assert read == {"answer"}
    assert returned.replies.count() == 3


# Beneficiaries, strangers and notices


def test_beneficiary_reads_inquiry_without_actions(person, returned):
    beneficiary = signed_in(person)
    for step in ("", "receipt/"):
        page = beneficiary.get(page_of(returned, step))
        assert page.status_code == 200
        markup = page.content.decode()
        for offered in ("answer/", "withdraw/", "<textarea"):
            assert offered not in markup
    shown = words(beneficiary.get(page_of(returned)))
    assert QUESTION in shown
    assert "has returned this inquiry to you" not in shown


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("step", ["answer/", "withdraw/"])
@pytest.mark.parametrize("role", ["beneficiary", "stranger"])
def test_only_the_applicant_can_answer_or_withdraw(person, returned, role, step, method):
    browser = signed_in(person if role == "beneficiary" else factories.UserFactory())
    Inquiry.objects.filter(pk=returned.pk).update(reference="800000000001")
    address = f"/en/inquiries/800000000001/{step}"
    found = answer_of(browser, address, method)
    Inquiry.objects.filter(pk=returned.pk).update(reference="800000000002")
    assert found[0] == 404
    assert found == answer_of(browser, address, method)
    assert now(returned).version == returned.version


def test_a_notice_by_mail_says_which_address_it_went_to(as_resident, resident, officer, at_work):
    resident.email = "aslam@example.org"
    resident.save(update_fields=["email"])
    act(actions.reply, officer, at_work)
    assert "•••• org" not in words(as_resident.get(page_of(at_work)))
