"""What the staff site leaves out: pages of libraries that have no Arabic.

The devices of django-otp show their keys besides; `manage.py add_staff` makes those, and the
group of the officers.
"""

from django.contrib import admin
from django.contrib.auth.models import Group
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

admin.site.unregister([Group, StaticDevice, TOTPDevice])
