from django.urls import path

from appointments.views import (
    booking,
    calendar_entry,
    my_appointments,
    slips,
    verification,
    waiting,
)

app_name = "appointments"

urlpatterns = [
    path("", my_appointments.appointment_list, name="list"),
    path("verify/", verification.verify, name="verify"),
    path("new/", booking.new, name="new"),
    path("new/person/", booking.new_person, name="new-person"),
    path("new/office/", booking.criteria_step(booking.offices), name="offices"),
    path("new/day/", booking.criteria_step(booking.days), name="days"),
    path("new/wait/", booking.criteria_step(waiting.new_wish), name="new-wish"),
    path("new/time/", booking.criteria_step(booking.times), name="times"),
    path("<reference:reference>/", my_appointments.detail, name="detail"),
    path("<reference:reference>/confirm/", my_appointments.confirm, name="confirm"),
    path("<reference:reference>/cancel/", my_appointments.cancel, name="cancel"),
    path("<reference:reference>/slip/", slips.slip, name="slip"),
    path("<reference:reference>/calendar/", calendar_entry.calendar_entry, name="calendar"),
    path("<reference:reference>/wait/", waiting.wait, name="wait"),
    path("<reference:reference>/wait/stop/", waiting.stop_waiting, name="stop-waiting"),
    path("offers/<int:pk>/accept/", waiting.accept, name="accept"),
    path("offers/<int:pk>/decline/", waiting.decline, name="decline"),
    path("waiting/<int:pk>/", waiting.wish, name="wish"),
    path("waiting/<int:pk>/stop/", waiting.stop_wish, name="stop-wish"),
    path("<reference:reference>/move/", booking.move_step(booking.offices), name="move-offices"),
    path("<reference:reference>/move/day/", booking.move_step(booking.days), name="move-days"),
    path("<reference:reference>/move/time/", booking.move_step(booking.times), name="move-times"),
]
