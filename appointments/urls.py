from django.urls import path

from appointments.views import booking, following, waiting

app_name = "appointments"

urlpatterns = [
    path("", following.appointment_list, name="list"),
    path("verify/", booking.verify, name="verify"),
    path("new/", booking.new, name="new"),
    path("new/office/", booking.offices, name="offices"),
    path("new/day/", booking.days, name="days"),
    path("new/time/", booking.times, name="times"),
    path("<reference:reference>/", following.detail, name="detail"),
    path("<reference:reference>/confirm/", following.confirm, name="confirm"),
    path("<reference:reference>/cancel/", following.cancel, name="cancel"),
    path("<reference:reference>/slip/", following.slip, name="slip"),
    path("<reference:reference>/calendar/", following.calendar_entry, name="calendar"),
    path("<reference:reference>/wait/", waiting.wait, name="wait"),
    path("<reference:reference>/wait/stop/", waiting.stop_waiting, name="stop-waiting"),
    path("<reference:reference>/offers/<int:pk>/accept/", waiting.accept, name="accept"),
    path("<reference:reference>/offers/<int:pk>/decline/", waiting.decline, name="decline"),
    path("<reference:reference>/move/", booking.move_offices, name="move-offices"),
    path("<reference:reference>/move/day/", booking.move_days, name="move-days"),
    path("<reference:reference>/move/time/", booking.move_times, name="move-times"),
]
