"""A mixin that limits managers to their own offices."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import ForeignKey, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest

from appointments.models import Office
from core.accounts.access import StaffRequest
from core.accounts.models import AUDIT


class OwnOfficesMixin(admin.ModelAdmin):
    """A mixin that shows managers their own offices alone, and auditors and superusers all."""

    office_path = "office"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        if request.user.has_perm(AUDIT):
            return rows
        own = Office.objects.staffed_by(cast(StaffRequest, request).user)
        return rows.filter(**{f"{self.office_path}__in": own})

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        if db_field.name != "office":
            return super().formfield_for_foreignkey(db_field, request, **kwargs)
        kwargs["queryset"] = Office.objects.staffed_by(cast(StaffRequest, request).user)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.required = field.required or not request.user.is_superuser  # type: ignore[union-attr]  # a field
        return field
