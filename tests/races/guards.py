"""Take a guard of the portal out, to show that it is needed.

A race that passes proves little: the threads may have missed each other. So each race has a control
beside it, in which the guard is gone and each thread waits between looking and writing until all
have looked. The rule that the control breaks is the one that the guard protects.
"""

import uuid
from threading import Barrier, Event

from django.db.models import QuerySet

from appointments import actions
from appointments.actions import booking
from appointments.models import AppointmentQuerySet, SlotQuerySet
from core.accounts.models import LockStripe
from core.exceptions import RuleViolation
from requests_app.models import InquiryQuerySet
from tests.races.together import DEADLINE_SECONDS, at_once, lock_is_awaited, now, until


class Guards:
    """Replaces functions of the portal until the end of the test, as `monkeypatch` does."""

    def __init__(self, monkeypatch):
        self.replace = monkeypatch.setattr

    def wait_after(self, owner, name, *, parties=2, together=None):
        """Let each call of `name` wait at its end until all `parties` have made theirs.

        A barrier `together` lets calls of several functions wait for each other.
        """
        everybody = together or Barrier(parties, timeout=DEADLINE_SECONDS)
        original = getattr(owner, name)

        def do_and_wait(*args, **kwargs):
            result = original(*args, **kwargs)
            everybody.wait()
            return result

        self.replace(owner, name, do_and_wait)

    def wait_after_first_slot_update(self, *, parties):
        """Let each of `parties` threads wait after its first slot update until all made one."""
        everybody, update = Barrier(parties, timeout=DEADLINE_SECONDS), SlotQuerySet.update
        firsts = iter(range(parties))

        def update_and_wait(slots, **changes):
            changed = update(slots, **changes)
            if next(firsts, None) is not None:
                everybody.wait()
            return changed

        self.replace(SlotQuerySet, "update", update_and_wait)

    def meanwhile(self, owner, name, action):
        """Run `action` to its end in another thread after the first call of `name`.

        Return an iterator of `action`, which is empty once it has run.
        """
        original, steps = getattr(owner, name), iter([action])

        def do_and_let_another(*args, **kwargs):
            result = original(*args, **kwargs)
            for each in steps:
                at_once(each)
            return result

        self.replace(owner, name, do_and_let_another)
        return steps

    def run_during(self, owner, name, *, first, second):
        """Run `second` while `first` is about to call `name` for the first time.

        `first` goes on once `second` has ended or waits for a lock. Return both results.
        """
        has_begun, is_through = Event(), Event()
        original = getattr(owner, name)

        def do_late(*args, **kwargs):
            if not has_begun.is_set():
                has_begun.set()
                until(lambda: is_through.is_set() or lock_is_awaited())
            return original(*args, **kwargs)

        def do_second():
            assert has_begun.wait(DEADLINE_SECONDS)
            try:
                return second()
            finally:
                is_through.set()

        self.replace(owner, name, do_late)
        return at_once(first, do_second)

    def take_out_row_locks(self):
        """Make `select_for_update` take no lock."""
        self.replace(QuerySet, "select_for_update", lambda queryset, **_options: queryset)

    def take_out_lock_stripes(self):
        """Make the sending of codes take no lock."""
        # The rows to lock have to exist already: the insert of one would block by itself.
        every = range(LockStripe.COUNT + len(LockStripe.OF_BUDGETS))
        LockStripe.objects.bulk_create(LockStripe(number=number) for number in every)
        self.take_out_row_locks()

    def take_out_slot_order(self, *, parties):
        """Let each of `parties` take places in the order it likes, and wait between its slots."""
        self.replace(actions.places, "sorted", lambda changes: changes, raising=False)
        self.wait_after_first_slot_update(parties=parties)

    def take_out_early_check(self):
        """Let a booking without room reach the slot."""
        self.replace(booking, "check_bookable", lambda *_wish, **_kept: None)

    def take_out_form_keys(self, module):
        """Make the actions of `module` take each sending of a form for a new form."""
        self.replace(module, "derive_key", lambda *_content: uuid.uuid4())

    def look_before_writing(self, queryset_class, *, parties, only_if_changes):
        """Split each conditional UPDATE into a look and a write that trusts it.

        Between the two, each thread waits until all `parties` have looked. Updates that do not
        change the field `only_if_changes` stay as they are.
        """
        everybody = Barrier(parties, timeout=DEADLINE_SECONDS)
        self._split_updates(queryset_class, only_if_changes, everybody.wait)

    def look_before_moving(self, *, parties=2):
        """Do so where the status, version and assignee of an inquiry change."""
        self.look_before_writing(InquiryQuerySet, parties=parties, only_if_changes="version")

    def look_before_changing_status(self, *, parties=2):
        """Do so where the status of an appointment changes."""
        self.look_before_writing(AppointmentQuerySet, parties=parties, only_if_changes="status")

    def act_between_look_and_write(self, queryset_class, action):
        """Split each UPDATE of a status into a look and a write, with `action` in the first."""
        steps = iter([action])

        def act_once():
            for each in steps:
                at_once(each)

        self._split_updates(queryset_class, "status", act_once)

    def _split_updates(self, queryset_class, only_if_changes, do_in_between):
        update = queryset_class.update

        def look_then_write(queryset, **changes):
            if only_if_changes not in changes:
                return update(queryset, **changes)
            found = list(queryset.values_list("pk", flat=True))
            do_in_between()
            return update(queryset.model.objects.filter(pk__in=found), **changes)

        self.replace(queryset_class, "update", look_then_write)

    def look_before_taking(self, *modules, parties):
        """Replace the conditional update of a slot by a check of all parties and a later write.

        This is for the actions of these modules, those of booking by default.
        """
        everybody = Barrier(parties, timeout=DEADLINE_SECONDS)

        def look_then_take(_freed, *, into, operations, **_whose):
            slot = now(into)
            everybody.wait()
            if slot.taken + operations > slot.capacity:
                raise RuleViolation("The slot is full.", code="full")
            slot.taken += operations
            slot.save(update_fields=["taken"])

        for module in modules or [booking]:
            self.replace(module, "move_places", look_then_take)
