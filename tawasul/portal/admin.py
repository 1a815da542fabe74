"""Admin pages of libraries that the staff site leaves out, because they have no Arabic.

The pages of django-otp would also show the keys of its devices. The pages of staff accounts give
the groups instead, and the enrolment makes the devices.
"""

from django.contrib import admin
from django.contrib.auth.models import Group
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

admin.site.unregister([Group, StaticDevice, TOTPDevice])
