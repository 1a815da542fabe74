"""Admin pages of libraries that the staff site leaves out, because they have no Arabic.

The pages of django-otp would also show the keys of its devices. `manage.py add_staff` creates the
devices and the groups instead.
"""

from django.contrib import admin
from django.contrib.auth.models import Group
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

admin.site.unregister([Group, StaticDevice, TOTPDevice])
