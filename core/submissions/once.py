"""Saving a form of the staff site once, however often it is sent."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import IntegrityError, models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core.digests import derive_key
from core.forms import ModelForm
from core.submissions.models import Submission

FIELD = "idempotency_key"
_NO_CONTENT = {"csrfmiddlewaretoken", FIELD}


class SavedOnceMixin(admin.ModelAdmin):
    """A ModelAdmin whose form for a new row leads a second click to the first one's result."""

    form = ModelForm

    def get_form(
        self,
        request: HttpRequest,
        obj: models.Model | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[forms.ModelForm]:
        if obj is None:
            # Without a label: Django's admin would show that of a hidden field too.
            key = forms.UUIDField(
                label="", widget=forms.HiddenInput, initial=uuid.uuid4, required=False
            )
            kwargs["form"] = type("OnceForm", (self.form,), {FIELD: key})
        return super().get_form(request, obj, change=change, **kwargs)

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        key = _key_of(request) if request.method == "POST" else None
        if key is None or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        if _is_saved(key):
            return self._saved_already(request)
        try:
            response = super().add_view(request, form_url, extra_context)
        except IntegrityError:
            # Somebody was quicker. A colleague with the same values is told which they are.
            if not _is_saved(key):
                return super().add_view(request, form_url, extra_context)
        else:
            if isinstance(response, HttpResponseRedirect) or not _is_saved(key):
                return response
        return self._saved_already(request)

    def save_model(
        self, request: HttpRequest, obj: models.Model, form: forms.ModelForm, change: bool
    ) -> None:
        key = None if change else _key_of(request)
        if key:
            Submission.objects.create(key=key)
        super().save_model(request, obj, form, change)

    def _saved_already(self, request: HttpRequest) -> HttpResponse:
        messages.info(request, _("This has been saved already."))
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return redirect(f"{self.admin_site.name}:{name}_changelist")


def _key_of(request: HttpRequest) -> uuid.UUID | None:
    """Return the key of what this form says, or None if it carries none."""
    try:
        form_key = uuid.UUID(request.POST.get(FIELD, ""))
    except ValueError:
        return None
    # The names of buttons and of the preview say nothing about the row.
    content = sorted(
        (name, values)
        for name, values in request.POST.lists()
        if name not in _NO_CONTENT and not name.startswith("_")
    )
    return derive_key(form_key, request.user.pk, request.path, content)


def _is_saved(key: uuid.UUID) -> bool:
    return Submission.objects.filter(pk=key).exists()
