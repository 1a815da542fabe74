"""What the staff site shows of the roof's models, and what it leaves out of libraries.

Their pages have no Arabic, and those of django-otp would also show the keys of its devices. The
pages of staff accounts give the groups instead, and the enrolment makes the devices.
"""

from django.contrib import admin
from django.contrib.auth.models import Group
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from tawasul.portal.models import Announcement
from tawasul.portal.staff_announcements import AnnouncementAdmin

admin.site.register(Announcement, AnnouncementAdmin)
admin.site.unregister([Group, StaticDevice, TOTPDevice])
