"""Opening an account."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from core.accounts import actions, devices, lockout, pending_steps
from core.accounts.code_steps import Register
from core.accounts.forms import (
    ChooseForm,
    RegisterForm,
)
from core.accounts.models import Identity, User
from core.accounts.session_holder import by_way_of_choice
from core.accounts.views.visual_code import ask_with_picture
from core.exceptions import RuleViolation
from core.methods import takes_form


@takes_form
def register(request: HttpRequest) -> HttpResponse:
    return ask_with_picture(request, RegisterForm, Register, "accounts/register.html")


@takes_form
@sensitive_post_parameters("new_password", "again")
def choose(request: HttpRequest) -> HttpResponse:
    """Choose a username and a password, the last step of a registration."""
    proven = pending_steps.get(request, "choose")
    if proven is None:
        # The second of two clicks finds the user signed in, and the sign-in page redirects them.
        return redirect(
            "accounts:sign-in" if request.user.is_authenticated else "accounts:register"
        )
    identity = Identity.objects.get(pk=proven["identity"])
    form = ChooseForm(
        request.POST or None,
        user=User(identity=identity, mobile=identity.mobile),
        initial={"language": get_language()},
    )
    if request.method == "POST" and form.is_valid():
        try:
            user = actions.register(
                identity=identity,
                username=form.cleaned_data["username"],
                password=form.cleaned_data["new_password"],
                language=form.cleaned_data["language"],
            )
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            pending_steps.end(request, "choose")
            devices.start_session(request, user)
            messages.success(request, _("Your account is open."))
            target = resolve_url(settings.LOGIN_REDIRECT_URL)
            response = redirect(by_way_of_choice(request, target))  # type: ignore[arg-type]  # signed in by now
            lockout.remember_browser(request, response, user)
            return response
    return render(request, "accounts/choose.html", {"form": form, "identity": identity})
