"""Exports of the queue: what is in the files, who gets them, how they are made and removed."""

import datetime
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from core.accounts.models import User
from core.messaging.models import Message
from requests_app import actions
from requests_app.actions import exports
from requests_app.document_sweep import sweep
from requests_app.models import Export, Inquiry
from requests_app.storage import PRIVATE, unfinished_folder
from tawasul.portal.chores import make_exports
from tests import factories
from tests.appointments.places import refused
from tests.requests_app.answers import answered, at_noon, copies_of
from tests.requests_app.exporting import asked, content_of, lines_of, made, now, row_of
from tests.worlds import files

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
# A Tuesday.
TODAY = datetime.date(2026, 12, 1)
HEADINGS = [
    *("Request number", "Service", "Status", "Outcome", "Filed on", "Filed on (Hijri)"),
    *("Due on", "Due on (Hijri)", "Processed on", "Processed on (Hijri)"),
    *("Working days to the answer", "Assigned to", "Overdue"),
]
PERSONAL = ["Name", "ID or border number", "Mobile"]
DANGEROUS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "−1")


class Clock:
    now = at_noon(TODAY)

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Let the clock stand at noon of TODAY, or where a test moves it."""
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture
def supervisor():
    return factories.supervisor(username="supervisor", email="supervisor@example.org")


@pytest.fixture
def filed():
    return factories.filed()


def _texts(line):
    return ["" if cell is None else str(cell) for cell in line]


@pytest.mark.both_engines
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_file_has_a_row_of_each_inquiry_with_days_in_both_calendars(supervisor, filed, file_format):
    officer = factories.OfficerFactory(username="mona")
    (decided,) = answered(filed, TODAY - 6 * DAY, TODAY - DAY, assignee_id=officer.pk)
    Inquiry.objects.filter(pk=filed.pk).update(due_on=TODAY - DAY)
    export = made(supervisor, file_format=file_format)
    assert lines_of(export)[0] == HEADINGS
    row = {name: str(cell)[:10] for name, cell in row_of(export, decided).items()}
    assert row == {
        "Request number": f"{decided.reference[:4]}-{decided.reference[4:8]}-"[:10],
        "Service": "Services f",
        "Status": "Processed",
        "Outcome": "Approved",
        "Filed on": "2026-11-25",
        "Filed on (Hijri)": "1448-06-15",
        "Due on": "2026-11-30",
        "Due on (Hijri)": "1448-06-20",
        "Processed on": "2026-11-30",
        "Processed on (Hijri)": "1448-06-20",
        "Working days to the answer": "3",
        "Assigned to": "mona",
        "Overdue": "No",
    }
    waiting = row_of(export, filed)
    assert waiting["Overdue"] == "Yes"
    assert not waiting["Outcome"]
    assert not waiting["Processed on"]
    assert not waiting["Working days to the answer"]


def test_personal_columns_come_only_when_asked_for(supervisor, filed):
    plain, personal = made(supervisor), made(supervisor, with_personal=True)
    assert lines_of(personal)[0] == HEADINGS + PERSONAL
    row = row_of(personal, filed)
    assert [row[name] for name in PERSONAL] == [
        filed.name,
        filed.id_number,
        filed.mobile.as_international.replace("+", "00"),
    ]
    content = content_of(plain).decode()
    for secret in (filed.name, filed.id_number, filed.mobile.as_national.replace(" ", "")[1:]):
        assert secret not in content.replace(" ", "").replace("-", "") + content


def test_file_is_in_the_language_in_which_it_was_asked_for(supervisor, filed):
    export = made(supervisor, language="ar")
    assert lines_of(export)[0][0] == "رقم الطلب"
    assert row_of(export, filed)["الحالة"] == "تحت المعالجة"


def test_csv_opens_in_excel_and_xlsx_has_typed_cells(supervisor, filed):
    assert content_of(made(supervisor)).startswith(b"\xef\xbb\xbf")
    line = lines_of(made(supervisor, file_format="xlsx"))[1]
    assert isinstance(line[HEADINGS.index("Filed on")], datetime.datetime)


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_no_text_of_a_file_is_a_formula(supervisor, filed, file_format):
    for text in DANGEROUS:
        copies_of(filed, 1, name=text)
    officer = factories.OfficerFactory(identity=factories.IdentityFactory(name_en="=officer"))
    copies_of(filed, 1, assignee_id=officer.pk)
    export = made(supervisor, file_format=file_format, with_personal=True)
    lines = lines_of(export)[1:]
    names = [line[HEADINGS.index("Assigned to")] for line in lines] + [line[-3] for line in lines]
    seen = [name for name in names if name and name not in (filed.name, "")]
    assert len(seen) == len(DANGEROUS) + 1
    for name in seen:
        assert name.startswith("'"), name
    for line in lines:
        for text in _texts(line):
            assert not text.lstrip().startswith(("=", "+", "-", "@")), text
    if file_format == "xlsx":
        assert b"<f>" not in content_of(export)


def test_nobody_exports_without_the_right(filed, supervisor):
    officer = factories.OfficerFactory()
    told = "Your account may not export this."
    for person in (officer, filed.applicant):
        assert refused(asked, person, listed=Inquiry.objects.all()) == told
    factories.permit(officer, "view_inquiry", "export_inquiry")
    officer = User.objects.get(pk=officer.pk)
    assert refused(asked, officer, with_personal=True) == told
    assert not Export.objects.exists()
    assert made(officer).state == "ready"


def test_nobody_finds_their_own_case_in_a_file(filed):
    person = factories.UserFactory(is_staff=True)
    factories.filed(person)
    about_worker = factories.filed()
    worker = about_worker.beneficiary
    factories.permit(person, "view_inquiry", "export_inquiry")
    assert len(lines_of(made(person))) == 3
    factories.link(person.identity, worker)
    references = [line[0].replace("-", "") for line in lines_of(made(person))[1:]]
    assert references == [filed.reference]
    assert about_worker.reference not in references


def test_link_that_begins_after_the_list_was_read_keeps_a_case_out_of_the_file(filed, monkeypatch):
    person = factories.UserFactory(is_staff=True)
    factories.permit(person, "view_inquiry", "export_inquiry")
    about_worker = factories.filed()
    headings = exports.headings

    def link_then_begin(with_personal):
        factories.link(person.identity, about_worker.beneficiary)
        return headings(with_personal)

    monkeypatch.setattr(exports, "headings", link_then_begin)
    assert [line[0].replace("-", "") for line in lines_of(made(person))[1:]] == [filed.reference]


def test_list_is_read_when_the_file_is_made(supervisor, filed):
    export = asked(supervisor)
    later = factories.filed()
    make_exports()
    assert row_of(now(export), later)
    assert now(export).rows == 2


def test_right_that_was_lost_meanwhile_makes_no_file(supervisor, filed):
    rights = ["view_inquiry", "export_inquiry", "export_personal"]
    for lost in rights:
        factories.permit(supervisor, *rights)
        person = User.objects.get(pk=supervisor.pk)
        export = asked(person, with_personal=True)
        factories.permit(person, *(right for right in rights if right != lost))
        make_exports()
        export = now(export)
        assert (export.state, export.failure) == ("failed", "no_right"), lost
    factories.permit(supervisor, *rights)
    for ended in ("is_active", "is_staff"):
        export = asked(User.objects.get(pk=supervisor.pk))
        User.objects.filter(pk=supervisor.pk).update(**{ended: False})
        make_exports()
        assert now(export).failure == "no_right", ended
        User.objects.filter(pk=supervisor.pk).update(**{ended: True})
    assert not [path for path in files() if "unfinished" in str(path)]


def test_list_longer_than_a_file_takes_is_refused(supervisor, filed, settings):
    copies_of(filed, 3)
    settings.EXPORT_MAX_ROWS = 3
    assert refused(asked, supervisor) == (
        "The list has more than 3 inquiries, which is the most that one file takes. "
        "Narrow its filters, for example by status or by service."
    )
    settings.EXPORT_MAX_ROWS = 4
    export = asked(supervisor)
    copies_of(filed, 1)
    make_exports()
    assert (now(export).state, now(export).failure) == ("failed", "too_many")


def test_empty_list_is_refused(supervisor):
    told = "The list is empty. Choose other filters, then export it."
    assert refused(asked, supervisor) == told


def test_second_click_reaches_the_same_export(supervisor, filed):
    key = uuid.uuid4()
    first, second = (asked(supervisor, idempotency_key=key) for _click in range(2))
    assert first == second
    # The back button brings the form back, and another kind of file is chosen.
    assert asked(supervisor, idempotency_key=key, file_format="xlsx") != first
    assert Export.objects.count() == 2


def test_three_of_one_person_are_made_at_a_time(supervisor, filed):
    for _export in range(3):
        asked(supervisor)
    told = "3 of your exports are not ready yet. Wait for one of them."
    assert refused(asked, supervisor) == told
    assert asked(factories.supervisor())
    make_exports()
    assert asked(supervisor)


def test_owner_is_told_by_mail_when_it_is_ready(supervisor, filed):
    export = made(supervisor, query=f"queue=all&q={filed.id_number}")
    mail = Message.objects.get(channel="email", recipient=supervisor.email)
    assert mail.subject == "Your export in Tawasul is ready"
    assert mail.text == (
        "The file that you asked for is ready on the staff site, under “My exports”. "
        "It stays there until 2 December 2026 CE (22 Jumada al-Akhirah 1448 AH) 12:00."
    )
    assert export.ended_at == timezone.now()
    made(factories.supervisor())
    assert Message.objects.filter(channel="email").count() == 1


@pytest.mark.both_engines
def test_file_is_removed_after_a_day_with_the_words_that_were_searched_for(
    supervisor, filed, clock
):
    export = made(supervisor, query=f"queue=all&q={filed.id_number}")
    clock.now += DAY - timedelta(seconds=1)
    assert actions.expire_exports() == 0
    assert now(export).is_ready
    clock.now += timedelta(seconds=1)
    # It cannot be downloaded any more, whether or not the worker has come to it.
    assert not now(export).is_ready
    assert not Export.objects.ready().exists()
    assert actions.expire_exports() == 1
    assert not storages[PRIVATE].exists(export.stored_name)
    export = now(export)
    assert (export.state, export.query, export.rows) == ("expired", "", 1)
    assert actions.expire_exports() == 0


def test_failed_export_forgets_its_words_after_a_day(supervisor, filed, clock):
    export = asked(supervisor, query=f"queue=all&q={filed.id_number}")
    factories.permit(supervisor)
    make_exports()
    clock.now += DAY
    assert actions.expire_exports() == 1
    assert (now(export).state, now(export).query) == ("expired", "")


def test_sweep_keeps_the_files_of_exports_and_removes_what_was_left_unfinished(
    supervisor, filed, clock
):
    export = made(supervisor)
    left = unfinished_folder() / "left-by-a-killed-worker"
    left.write_text("half")
    clock.now = timezone.localtime(clock.now) + 1000 * DAY
    assert sweep() >= 1
    assert not left.exists()
    assert storages[PRIVATE].exists(export.stored_name)


def test_files_are_private(supervisor, filed):
    export = made(supervisor, file_format="xlsx")
    path = storages[PRIVATE].path(export.stored_name)
    assert Path(path).stat().st_mode & 0o777 == 0o600
    assert unfinished_folder().stat().st_mode & 0o777 == 0o700
    assert not list(unfinished_folder().iterdir())
    assert export.stored_name.count("/") == 1
    assert len(export.stored_name) == 35


def test_progress_is_written_while_it_is_made(supervisor, filed, monkeypatch):
    copies_of(filed, 4)
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 2)
    seen, progress = [], exports._progress

    def look(export, **changes):
        progress(export, **changes)
        seen.append((now(export).state, now(export).rows_done, now(export).rows))

    monkeypatch.setattr(exports, "_progress", look)
    made(supervisor)
    assert seen == [("running", done, 5) for done in (0, 2, 4, 5)]


def test_nothing_is_read_that_a_file_does_not_show(
    supervisor, filed, django_assert_max_num_queries
):
    copies_of(filed, 30)
    asked(supervisor)
    with django_assert_max_num_queries(40) as asked_for:
        make_exports()
    of_rows = [each["sql"] for each in asked_for if '"due_on"' in each["sql"].partition("FROM")[0]]
    assert of_rows
    for each in of_rows:
        for column in ("description", "search_text", "id_number", "mobile"):
            assert f'"{column}"' not in each.partition("FROM")[0]


def test_export_that_goes_wrong_is_told_of_and_keeps_no_other_waiting(
    supervisor, filed, monkeypatch
):
    first, second = asked(supervisor, query="queue=mine-not"), asked(supervisor)
    lines_of_part = exports.lines_of
    calls = iter([1])

    def fail_once(*args, **kwargs):
        if next(calls, None):
            raise ZeroDivisionError
        return lines_of_part(*args, **kwargs)

    monkeypatch.setattr(exports, "lines_of", fail_once)
    with pytest.raises(ZeroDivisionError):
        make_exports()
    assert (now(first).state, now(first).failure) == ("failed", "broken")
    assert now(second).state == "ready"


def test_export_of_a_killed_worker_is_begun_anew_and_given_up_at_the_fourth_time(
    supervisor, filed, clock, monkeypatch
):
    class KilledError(BaseException):
        pass

    def killed(*_args, **_kwargs):
        raise KilledError

    export = asked(supervisor)
    lines_of_part = exports.lines_of
    for attempt in (1, 2):
        monkeypatch.setattr(exports, "lines_of", killed)
        with pytest.raises(KilledError):
            make_exports()
        # Its lease lasts, and nobody else begins it.
        assert make_exports() is None
        assert (now(export).state, now(export).attempts) == ("running", attempt)
        clock.now += exports.LEASE
    monkeypatch.setattr(exports, "lines_of", lines_of_part)
    make_exports()
    assert (now(export).state, now(export).rows_done) == ("ready", 1)

    export = asked(supervisor)
    monkeypatch.setattr(exports, "lines_of", killed)
    for _attempt in range(3):
        with pytest.raises(KilledError):
            make_exports()
        clock.now += exports.LEASE
    make_exports()
    assert (now(export).state, now(export).failure) == ("failed", "broken")


def test_worker_that_has_lost_its_lease_leaves_the_file_to_the_other(
    supervisor, filed, clock, monkeypatch
):
    export = asked(supervisor)
    lines_of_part, steps = exports.lines_of, iter([1])

    def slow(*args, **kwargs):
        if next(steps, None):
            clock.now += exports.LEASE
            make_exports()  # another worker, which finishes it
        return lines_of_part(*args, **kwargs)

    monkeypatch.setattr(exports, "lines_of", slow)
    make_exports()
    export = now(export)
    assert (export.state, export.attempts) == ("ready", 2)
    stored = [path for path in files() if path.parent.parent.name == "private"]
    assert [f"{path.parent.name}/{path.name}" for path in stored] == [export.stored_name]
    assert Message.objects.filter(channel="email").count() == 1


def test_worker_that_loses_its_lease_while_it_stores_the_file_removes_it(
    supervisor, filed, clock, monkeypatch
):
    export = asked(supervisor)
    save_file, steps = exports.save_file, iter([1])

    def slow(*args):
        name = save_file(*args)
        if next(steps, None):
            clock.now += exports.LEASE
            make_exports()  # another worker, which finishes it
        return name

    monkeypatch.setattr(exports, "save_file", slow)
    make_exports()
    stored = [path for path in files() if path.parent.parent.name == "private"]
    assert [f"{path.parent.name}/{path.name}" for path in stored] == [now(export).stored_name]
    assert Message.objects.filter(channel="email").count() == 1
