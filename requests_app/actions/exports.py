"""Exports of the queue: asked for by staff, made by the worker, and removed after a day."""

import datetime
import tempfile
import uuid
from collections.abc import Callable, Iterator
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.accounts.rights import noted
from core.chores.failures import has_lost_database
from core.chores.rows import for_each
from core.digests import derive_key
from core.exceptions import RuleViolation
from core.messaging.actions.outbox import write_mail
from core.security_log import Event, note
from core.spreadsheets import Cell, write_csv, write_xlsx
from requests_app.export_lines import headings, lines_of
from requests_app.models import Export, Inquiry, InquiryQuerySet
from requests_app.models.exports import may_export
from requests_app.storage import PRIVATE, unfinished_folder
from requests_app.uploads import discard, save_file

# Of one person.
MAX_WAITING = 3
ROWS_AT_ONCE = 500
# A worker renews its lease after each ROWS_AT_ONCE, and packs the longest file within the last one;
# one that is killed loses it so soon.
LEASE = datetime.timedelta(minutes=2)
# What has ended its worker this often is not begun again.
MAX_ATTEMPTS = 3

# It returns the inquiries that an export lists, in the order of the list.
Listed = Callable[[Export], InquiryQuerySet]


class _OvertakenError(Exception):
    """Another worker makes the export by now."""


def request_export(
    *,
    actor: User,
    listed: InquiryQuerySet,
    query: str,
    filters: str,
    file_format: str,
    with_personal: bool,
    language: str,
    idempotency_key: uuid.UUID,
) -> Export:
    """Ask the worker for a file of what the queue lists, and return it as it waits.

    `query` is the query string of the list, `listed` its inquiries, and `filters` what the security
    log says of it. The file is in `language`. RuleViolation `no_export`, `empty`, `too_many_rows`
    or `too_many_exports`.
    """
    if not may_export(actor, with_personal=with_personal):
        refused = RuleViolation(_("Your account may not export this."), code="no_export")
        raise noted(refused, actor, "export", "")
    key = derive_key(idempotency_key, actor.pk, query, str(file_format), with_personal, language)
    if made := Export.objects.filter(idempotency_key=key).first():
        return made
    # Counting takes no lock, so that nobody waits for it.
    rows = _count(listed)
    with transaction.atomic():
        # A second click waits here for the first one, and finds its row.
        User.objects.select_for_update(no_key=True).get(pk=actor.pk)
        if made := Export.objects.filter(idempotency_key=key).first():
            return made
        if Export.objects.of(actor).unfinished().count() >= MAX_WAITING:
            raise RuleViolation(
                _("%(most)s of your exports are not ready yet. Wait for one of them.")
                % {"most": MAX_WAITING},
                code="too_many_exports",
            )
        export = Export.objects.create(
            idempotency_key=key,
            owner=actor,
            file_format=file_format,
            with_personal=with_personal,
            language=language,
            query=query,
            rows=rows,
        )
        note(
            Event.EXPORT,
            account=actor.pk,
            kind=export.kind,
            reference=_reference(export),
            filters=filters,
            rows=rows,
        )
    return export


def note_download(*, actor: User, export: Export) -> None:
    """Note in the security log that the actor takes the file out.

    Whose it is is asked by whoever hands it out. RuleViolation `no_export`.
    """
    if not may_export(actor, with_personal=export.with_personal):
        refused = RuleViolation(_("Your account may not export this."), code="no_export")
        raise noted(refused, actor, "export", _reference(export))
    note(
        Event.EXPORT_DOWNLOADED,
        account=actor.pk,
        kind=export.kind,
        reference=_reference(export),
        rows=export.rows,
    )


def make_exports(listed: Listed) -> int:
    """Make the exports that wait, one after the other; return how many became ready.

    Workers share them: each is made by the one that has its lease.
    """
    return for_each(_leased(), partial(_make_or_fail, listed=listed))


def expire_exports() -> int:
    """Remove the files that were kept for a day, and what was searched for in them; return how many
    exports have ended with this.
    """
    return for_each(Export.objects.to_be_removed(timezone.now()).order_by("pk"), _expire)


def _count(listed: InquiryQuerySet) -> int:
    """Return the number of inquiries. RuleViolation `empty` or `too_many_rows`."""
    most = settings.EXPORT_MAX_ROWS
    rows = listed.order_by()[: most + 1].count()
    if not rows:
        raise RuleViolation(
            _("The list is empty. Choose other filters, then export it."), code="empty"
        )
    if rows > most:
        raise RuleViolation(
            _(
                "The list has more than %(most)s inquiries, which is the most that one file takes. "
                "Narrow its filters, for example by status or by service."
            )
            % {"most": f"{most:,}"},
            code="too_many_rows",
        )
    return rows


def _leased() -> Iterator[Export]:
    """Yield one export after the other, each with a lease on it."""
    while (export := _lease_next()) is not None:
        yield export


def _lease_next() -> Export | None:
    now = timezone.now()
    for export in Export.objects.to_be_made(now).select_related("owner"):
        # The worker that updates the row first has it; the others go on to the next one.
        seen = Export.objects.unfinished().filter(pk=export.pk, leased_until=export.leased_until)
        export.leased_until, export.attempts = now + LEASE, export.attempts + 1
        if seen.update(
            state=Export.State.RUNNING,
            rows_done=0,
            leased_until=export.leased_until,
            attempts=export.attempts,
        ):
            return export
    return None


def _make_or_fail(export: Export, listed: Listed) -> int:
    """Make the file; if anything goes wrong but the database, its owner is told at once."""
    try:
        return _make(export, listed)
    except Exception as error:
        if not has_lost_database(error):
            _fail(export, Export.Failure.BROKEN)
        raise


def _make(export: Export, listed: Listed) -> int:
    """Make the file; return whether nobody else was quicker."""
    if not may_export(export.owner, with_personal=export.with_personal):
        return _fail(export, Export.Failure.NO_RIGHT)
    if export.attempts > MAX_ATTEMPTS:
        return _fail(export, Export.Failure.BROKEN)
    most = settings.EXPORT_MAX_ROWS
    # The keys first: a cursor that stays open while the progress is written would end on SQLite
    # with the next write of somebody else, and on PostgreSQL keep the whole list in the server.
    keys = list(listed(export).values_list("pk", flat=True)[: most + 1])
    if len(keys) > most:
        return _fail(export, Export.Failure.TOO_MANY)
    folder = unfinished_folder()
    try:
        _progress(export, rows=len(keys))
        with translation.override(export.language), tempfile.TemporaryFile(dir=folder) as file:
            lines = _lines(export, keys)
            if export.file_format == Export.Format.XLSX:
                title = str(Inquiry._meta.verbose_name_plural)
                write_xlsx(file, title, lines, folder)
            else:
                write_csv(file, lines)
            name = save_file(file, PRIVATE)
    except _OvertakenError:
        return 0
    return _finish(export, name)


def _lines(export: Export, keys: list[int]) -> Iterator[list[Cell]]:
    """Yield the headings and the row of each inquiry that is still there for the owner.

    Raise _OvertakenError if another worker makes the export by now.
    """
    yield headings(export.with_personal)
    for first in range(0, len(keys), ROWS_AT_ONCE):
        of_part = keys[first : first + ROWS_AT_ONCE]
        visible = Inquiry.objects.visible_to_staff(export.owner)
        yield from lines_of(visible, of_part, with_personal=export.with_personal)
        _progress(export, rows_done=first + len(of_part))


def _progress(export: Export, **changes: int) -> None:
    """Write down how far it is, and keep the lease. Raise _OvertakenError if that has ended."""
    until = timezone.now() + LEASE
    if not _still_made(export).update(leased_until=until, **changes):
        raise _OvertakenError
    export.leased_until = until


def _still_made(export: Export) -> QuerySet[Export]:
    return Export.objects.filter(
        pk=export.pk, state=Export.State.RUNNING, leased_until=export.leased_until
    )


def _finish(export: Export, name: str) -> int:
    """Let its owner have the file and tell them; return whether nobody else was quicker."""
    now = timezone.now()
    with transaction.atomic():
        is_finished = _still_made(export).update(
            state=Export.State.READY, stored_name=name, ended_at=now, leased_until=None
        )
        if is_finished and export.owner.email:
            export.ended_at = now
            write_mail(
                recipient=export.owner.email,
                language=export.owner.language,
                template="export_ready",
                context={"kept_until": export.kept_until},
                about=export.owner.subject,
                owner=export.owner.pk,
            )
    if not is_finished:
        discard(name)
    return is_finished


def _fail(export: Export, failure: Export.Failure) -> int:
    failed = {"state": Export.State.FAILED, "failure": failure}
    _still_made(export).update(**failed, ended_at=timezone.now(), leased_until=None)
    return 0


def _expire(export: Export) -> int:
    still = Export.objects.to_be_removed(timezone.now()).filter(pk=export.pk)
    is_removed = still.update(state=Export.State.EXPIRED, stored_name="", query="")
    if is_removed and export.stored_name:
        discard(export.stored_name)
    return is_removed


def _reference(export: Export) -> str:
    return f"export-{export.pk}"
