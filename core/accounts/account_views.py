"""One's own account: what is known, password, mobile, mail, language, devices, in whose name."""

from django.conf import settings
from django.contrib import auth, messages
from django.shortcuts import redirect, render
from django.urls import translate_url
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.debug import sensitive_post_parameters

from core.accounts import actions, lockout
from core.accounts.access import act_as, holder_of, resident_required
from core.accounts.code_steps import Email, Mobile
from core.accounts.forms import (
    ActingAsForm,
    ChangeMobileForm,
    ChangePasswordForm,
    EmailForm,
    LanguageForm,
)
from core.accounts.models import Identity, Link, Session
from core.exceptions import RuleViolation


@resident_required
def overview(request):
    identity = request.user.identity
    today = Link.objects.in_force().not_outgrown().order_by("-since", "-pk")
    context = {
        "identity": identity,
        "numbers": identity.numbers.order_by("-is_current", "pk"),
        "persons": today.for_persons().filter(holder=identity).select_related("person"),
        "holders": today.filter(person=identity).select_related("holder"),
        "represents": Identity.objects.that_can_be_acted_for_by(identity).exists(),
        "devices": Session.objects.signed_in(request.user),
        "language_form": LanguageForm(initial={"language": request.user.language}),
    }
    return render(request, "accounts/overview.html", context)


@resident_required
@sensitive_post_parameters("password", "new_password", "again")
def change_password(request):
    form = ChangePasswordForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid() and _is_oneself(request, form):
        actions.set_password(
            actor=request.user,
            password=form.cleaned_data["new_password"],
            session_key=request.session.session_key,
        )
        auth.update_session_auth_hash(request, request.user)
        messages.success(
            request, _("Your new password is set. Other devices have been signed out.")
        )
        return redirect("accounts:overview")
    return render(request, "accounts/change_password.html", {"form": form})


@resident_required
@sensitive_post_parameters("password")
def change_mobile(request):
    form = ChangeMobileForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _is_oneself(request, form):
        try:
            return Mobile(request).begin(mobile=str(form.cleaned_data["mobile"]))
        except RuleViolation as violation:
            violation.show_on(form)
    return render(request, "accounts/change_mobile.html", {"form": form})


@resident_required
def change_email(request):
    if "remove" in request.POST:
        actions.remove_email(actor=request.user)
        messages.success(request, _("We will no longer e-mail you."))
        return redirect("accounts:overview")
    form = EmailForm(request.POST or None, initial={"email": request.user.email})
    if request.method == "POST" and form.is_valid():
        return Email(request).begin(email=form.cleaned_data["email"])
    return render(request, "accounts/change_email.html", {"form": form})


@resident_required
def choose_language(request):
    form = LanguageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        language = form.cleaned_data["language"]
        actions.choose_language(actor=request.user, language=language)
        with override(language):
            messages.success(request, _("Your language is saved."))
        return redirect(translate_url(request.build_absolute_uri("../"), language))
    return redirect("accounts:overview")


@resident_required
def sign_out_device(request, device):
    if request.method == "POST":
        actions.sign_out_device(actor=request.user, device=device)
        messages.success(request, _("That device has been signed out."))
    return redirect("accounts:overview")


@resident_required
def acting_as(request):
    """Choose in whose name one acts from here on, in this session."""
    holder = holder_of(request)
    initial = None if holder == request.user.identity else holder
    form = ActingAsForm(request.POST or None, user=request.user, initial={"holder": initial})
    if request.method == "POST" and form.is_valid():
        act_as(request, form.cleaned_data["holder"])
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "accounts/acting_as.html", {"form": form})


def _is_oneself(request, form):
    """Whether the password on `form` is the one of who is signed in; a wrong one counts."""
    user = auth.authenticate(
        request, username=request.user.username, password=form.cleaned_data["password"]
    )
    if user is not None:
        return True
    wrong = _("This is not your password. Type it again.")
    form.add_error("password", lockout.REFUSAL if lockout.is_shut(request) else wrong)
    return False
