"""One appointment of the demo, and what its person, the clerk and the office do with it."""

import uuid
from datetime import datetime, timedelta

from django.utils import translation

from appointments import actions
from appointments.models import Appointment, Assistance, Office, Slot
from core.accounts.models import User
from core.catalogue.models import Service
from tawasul.portal.demo_data.inquiries import code_in_text_of
from tawasul.portal.demo_data.people import account, named

MINUTE = timedelta(minutes=1)
CLERK, MANAGER = "clerk", "manager"


class Booking:
    """The appointment of a person for a service; its methods are done one after the other.

    `name` tells it from all others of the demo.
    """

    def __init__(self, name: str, who: str, service: str, *, attendee: str = "") -> None:
        self.name = name
        self.person = named(who)
        self.attendee = named(attendee) if attendee else self.person
        self.service = Service.objects.get(slug=service)
        self.appointment: Appointment

    def book(self, office: str, start: datetime) -> None:
        """Book the first time at the office that is free from `start` on, as its person."""
        user = self._user()
        with translation.override(user.language):
            held = actions.hold(
                actor=user,
                holder=self.person,
                attendee=self.attendee,
                service=self.service,
                slot=self._slot(office, start),
                operations=1,
                idempotency_key=self._key(),
            )
            self.appointment = actions.confirm(actor=user, appointment=held)

    def book_by_phone(self, office: str, start: datetime) -> None:
        """Book as the clerk of the office, for a person who calls and reads out their code."""
        clerk = account(CLERK)
        begun = actions.begin_assistance(
            actor=clerk,
            office=Office.objects.get(slug=office),
            number=str(self.person.current_number),
            way=Assistance.Way.PHONE,
            aim=Assistance.Aim.BOOK,
            document="",
            document_end="",
            idempotency_key=self._key(),
        )
        code = actions.send_caller_code(actor=clerk, assistance=begun, session_key=self.name)
        actions.prove_caller(
            actor=clerk, assistance=begun, session_key=self.name, guess=code_in_text_of(code)
        )
        begun.refresh_from_db()
        self.appointment = actions.book_for(
            actor=clerk,
            assistance=begun,
            attendee=self.attendee,
            service=self.service,
            slot=self._slot(office, start),
            operations=1,
            idempotency_key=self._key(),
        )

    def walk_in(self, office: str) -> None:
        self.appointment = actions.walk_in(
            actor=account(CLERK),
            office=Office.objects.get(slug=office),
            number=str(self.attendee.current_number),
            service=self.service,
            operations=1,
            idempotency_key=self._key(),
        )

    def check_in(self) -> None:
        self.appointment = actions.check_in(actor=account(CLERK), appointment=self.appointment)

    def call(self) -> None:
        self.appointment = actions.call(actor=account(CLERK), appointment=self.appointment)

    def serve(self) -> None:
        self.appointment = actions.serve(actor=account(CLERK), appointment=self.appointment)

    def miss(self) -> None:
        self.appointment = actions.mark_no_show(actor=account(CLERK), appointment=self.appointment)

    def cancel(self) -> None:
        self.appointment = actions.cancel(actor=self._user(), appointment=self.appointment)

    def wait(self) -> None:
        """Ask for an earlier time, at any office of the region."""
        actions.wait(actor=self._user(), appointment=self.appointment)

    def move(self, office: str, start: datetime) -> None:
        slot = self._slot(office, start)
        self.appointment.refresh_from_db()
        self.appointment = actions.move(actor=self._user(), appointment=self.appointment, slot=slot)

    def _slot(self, office: str, start: datetime) -> Slot:
        free = Slot.objects.bookable(self.service, 1).filter(office__slug=office)
        return free.filter(start__gte=start).select_related("office").earliest("start", "pk")

    def _user(self) -> User:
        return User.objects.select_related("identity").get(identity=self.person)

    def _key(self) -> uuid.UUID:
        return uuid.uuid5(uuid.NAMESPACE_URL, f"demo appointment {self.name}")
