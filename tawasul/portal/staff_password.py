"""The page on which members of staff change their own password: Django's, with our limits."""

from typing import Any

from django.contrib import auth
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError

from core.accounts import actions, lockout
from core.accounts.access import StaffRequest
from core.accounts.models import User
from core.accounts.security_events import note_wrong_password


class PasswordForm(AdminPasswordChangeForm):
    def __init__(self, *args: Any, request: StaffRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        """Compare the old password as signing in does: a wrong one counts towards the lockout."""
        login, password = self.request.user.username, self.cleaned_data["old_password"]
        if auth.authenticate(self.request, username=login, password=password) is None:
            note_wrong_password(login, "own_password", lockout.limit_of(self.request))
            wrong = self.error_messages["password_incorrect"]
            is_locked_out = lockout.is_locked_out(self.request)
            raise ValidationError(lockout.STAFF_REFUSAL if is_locked_out else wrong)
        return password

    def save(self, commit: bool = True) -> User:
        actions.set_password(
            actor=self.request.user,
            password=self.cleaned_data["new_password1"],
            session_key=self.request.session.session_key,
        )
        return self.request.user


class ChangePassword(PasswordChangeView):
    form_class = PasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}
