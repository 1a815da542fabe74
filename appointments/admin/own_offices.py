"""A mixin that limits managers to their own offices."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import ForeignKey, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest

from appointments.models import Office
from core.accounts.access import StaffRequest
from core.accounts.models import AUDIT, User


class OwnOfficesMixin(admin.ModelAdmin):
    """A mixin that shows managers their own offices alone, and auditors and superusers all."""

    office_path = "office"

    def reads_all(self, user: User) -> bool:
        """Return whether the user sees the rows of all offices, and those of none."""
        return user.has_perm(AUDIT)

    def keeps_all(self, user: User) -> bool:
        """Return whether the user may choose any office for a row, or none."""
        return user.is_superuser

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        if self.reads_all(cast(StaffRequest, request).user):
            return rows
        own = Office.objects.staffed_by(cast(StaffRequest, request).user)
        return rows.filter(**{f"{self.office_path}__in": own})

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        user = cast(StaffRequest, request).user
        if db_field.name != "office" or self.keeps_all(user):
            return super().formfield_for_foreignkey(db_field, request, **kwargs)
        kwargs["queryset"] = Office.objects.staffed_by(user)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.required = True  # type: ignore[union-attr]  # a field
        return field
