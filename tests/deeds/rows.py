"""The rows of both tables, the roles in them, and the world in which they act."""

import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import NamedTuple

from django.utils import timezone

from core.accounts.models import Identity, Link, User
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import verified
from tests.requests_app.people import TEXT

ROLES = (
    *("author", "colleague", "former", "worker", "stranger"),
    *("officer", "supervisor", "clerk", "manager", "auditor", "keeper"),
)
MOMENTS = ("before", "after the mandate", "after the link")
KEY = uuid.UUID(int=1)
UNPROVEN = {"document": "", "document_end": "", "proven_at": None}
PASSPORT = {"document": "passport", "document_end": "AB12"}


class Row(NamedTuple):
    """How a role does a deed in a world, and who may at each of the moments."""

    do: object
    may: tuple


def row(do, *may):
    """Return the Row; with one set of roles, they may at every moment."""
    return Row(do, tuple(set(roles.split()) for roles in (may if len(may) > 1 else may * 3)))


def act(action, thing, name="inquiry", **fields):
    """Return how a role carries out `action` on the `thing` of the world; it returns a failure."""

    def do(world, role):
        of_role = {key: value(world) for key, value in fields.items() if callable(value)}
        subject = getattr(world, thing)
        version = {"expected_version": subject.version} if "expected_version" in fields else {}
        given = {"actor": getattr(world, role), name: subject, **fields, **of_role, **version}
        action(**given)
        return True

    return do


def written(action, thing):
    return act(action, thing, text=TEXT, idempotency_key=KEY, expected_version=None)


def versioned(action, thing, name="inquiry", **fields):
    return act(action, thing, name, expected_version=None, **fields)


def page(address, *, shows="", **sent):
    """Return how a role opens a page of both services, and whether it shows these words."""

    def do(world, role):
        user = getattr(world, role)
        if user.identity is None:
            return False
        answer = verified(user).get(address(world))
        content = answer.getvalue().decode(errors="replace") if answer.status_code == 200 else ""
        return answer.status_code == 200 and shows in content

    return do


# Of what was filed or booked in its name: whoever represents the establishment now, and when its
# link has ended, the worker.
OWNERS = ("author colleague", "colleague", "worker")
READERS = ("author colleague worker", "colleague worker", "worker")
# Who begins something in the name of the establishment.
SPEAKERS = ("author colleague", "colleague", "")
AUTHOR = "author"
DRAFT_SENT = ("author", "", "")
WHO_IS_AT_THE_COUNTER = "stranger clerk"


def people():
    """Return the roles by their names, with Palm Trees and a service for everybody."""
    palm = factories.establishment()
    users = {role: factories.UserFactory(username=role) for role in ROLES[:5]}
    Identity.objects.filter(user__username="worker").update(name_en="Raju Kumar")
    until = timezone.localdate() - timedelta(days=1)
    for role, ends in (("author", {}), ("colleague", {}), ("former", {"until": until})):
        factories.link(palm, users[role].identity, Link.Kind.REPRESENTATIVE, **ends)
    factories.link(palm, users["worker"].identity)
    office = places.office(address_en="Al-Rimal Street", address_ar="Al-Rimal Street")
    staff = {
        "officer": factories.OfficerFactory(username="officer"),
        "supervisor": factories.supervisor(username="supervisor"),
        "clerk": places.clerk(
            office,
            username="clerk",
            codenames=(*places.OF_CLERKS, "prepare_inquiry"),
        ),
        "manager": places.manager(office),
        "auditor": factories.OfficerFactory(username="auditor"),
        "keeper": factories.of_role("keeper", username="keeper"),
    }
    factories.permit(staff["auditor"], "view_inquiry", "view_appointment", "view_office")
    users = {role: User.objects.get(username=role) for role in users}
    service = factories.ServiceFactory(name_en="Services for residents")
    return SimpleNamespace(palm=palm, office=office, service=service, **users, **staff)


def end(moment, world):
    """Let the mandate of the author, or the link to the worker, have ended yesterday."""
    persons = {"after the mandate": world.author, "after the link": world.worker}
    if person := persons.get(moment):
        until = timezone.localdate() - timedelta(days=1)
        Link.objects.filter(holder=world.palm, person=person.identity).update(until=until)
