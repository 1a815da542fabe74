"""Announcements on the staff site: of everywhere, or of a manager's own offices alone."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from appointments.admin.own_offices import OwnOfficesMixin
from core.accounts.models import User
from core.catalogue.admin import BilingualAdmin
from core.staff_fields import STAFF_FIELDS
from core.staff_reading import in_words
from core.template_filters import moment
from tawasul.portal.models import ANNOUNCE_EVERYWHERE, Announcement

MOMENTS = {name: in_words(Announcement, name, moment) for name in ("begins_at", "ends_at")}


@admin.display(description=gettext_lazy("where"))
def place_of(announcement: Announcement) -> str:
    """Return what the announcement names, in words."""
    named = (announcement.region, announcement.office, announcement.service)
    comma = pgettext("between the items of a list", ", ")
    return comma.join(each.name for each in named if each) or _("everywhere")


class AnnouncementAdmin(OwnOfficesMixin, BilingualAdmin):
    list_display = ("text", place_of, *MOMENTS.values())
    fieldsets = [
        (
            None,
            {
                "fields": [
                    *(("text_ar", "text_en"), "begins_at", "ends_at"),
                    *("region", "office", "service"),
                ]
            },
        )
    ]
    formfield_overrides = {
        **STAFF_FIELDS,
        models.CharField: {
            **STAFF_FIELDS[models.CharField],
            "widget": forms.Textarea({"rows": 4, "cols": 40}),
        },
    }
    reading = MOMENTS
    actions = None

    def reads_all(self, user: User) -> bool:
        return super().reads_all(user) or self.keeps_all(user)

    def keeps_all(self, user: User) -> bool:
        return user.has_perm(ANNOUNCE_EVERYWHERE)

    def get_fieldsets(self, request: HttpRequest, obj: Announcement | None = None) -> Any:
        """Leave the region out for a manager, whose offices are in one."""
        fieldsets = super().get_fieldsets(request, obj)
        if self.reads_all(request.user):  # type: ignore[arg-type]  # staff are users
            return fieldsets
        return [
            (title, {**options, "fields": [each for each in options["fields"] if each != "region"]})
            for title, options in fieldsets
        ]
