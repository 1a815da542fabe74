"""Managers see and touch their own offices alone."""

from appointments.models import Office


class OwnOfficesMixin:
    """Managers see and touch their own offices alone; who keeps all of them is a superuser."""

    office_path = "office"

    def get_queryset(self, request):
        own = Office.objects.staffed_by(request.user)
        rows = super().get_queryset(request)
        return (
            rows if request.user.is_superuser else rows.filter(**{f"{self.office_path}__in": own})
        )

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name != "office":
            return super().formfield_for_foreignkey(db_field, request, **kwargs)
        kwargs["queryset"] = Office.objects.staffed_by(request.user)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.required = field.required or not request.user.is_superuser
        return field
