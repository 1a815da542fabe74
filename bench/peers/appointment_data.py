"""Make a service with ten people who offer it, and clients who are signed in; print their sessions.

It runs in the environment of django-appointment.
"""

import datetime

from appointment.models import Service, StaffMember, WorkingHours
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore

PLACES = 10


def make(clients: int) -> None:
    service = Service.objects.create(
        name="A service", duration=datetime.timedelta(minutes=15), price=0
    )
    for place in range(PLACES):
        user = User.objects.create_user(f"staff-{place}", first_name="A", last_name="Clerk")
        member = StaffMember.objects.create(
            user=user, slot_duration=15, lead_time=datetime.time(8), finish_time=datetime.time(15),
            appointment_buffer_time=0, work_on_saturday=True, work_on_sunday=True,
        )  # fmt: skip
        member.services_offered.add(service)
        for day in range(7):
            WorkingHours.objects.create(
                staff_member=member, day_of_week=day,
                start_time=datetime.time(8), end_time=datetime.time(15),
            )  # fmt: skip
    for client in range(clients):
        user = User.objects.create_user(
            f"client-{client}", f"client-{client}@example.org", first_name="A", last_name="Client"
        )
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        print(session.session_key)
