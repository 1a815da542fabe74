"""Getting in: signing in, registering, a new password, and the codes on the way."""

from django.conf import settings
from django.contrib import auth, messages
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from core.accounts import actions, devices, lockout, pending, visual_code
from core.accounts.code_steps import Picture, Register, Reset, SignIn
from core.accounts.forms import (
    ChooseForm,
    CodeForm,
    MobileForm,
    NewPasswordForm,
    RegisterForm,
    ResetForm,
    SignInForm,
)
from core.accounts.models import Identity, User
from core.exceptions import RuleViolation
from core.http import safe_target


@sensitive_post_parameters("password")
def sign_in(request):
    target = safe_target(request, resolve_url(settings.LOGIN_REDIRECT_URL))
    if request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = auth.authenticate(
            request,
            username=form.cleaned_data["login"],
            password=form.cleaned_data["password"],
        )
        if lockout.is_shut(request):
            form.add_error(None, lockout.REFUSAL)
        elif user is None:
            form.add_error(
                None,
                _("This username or ID number and this password do not match. Check both."),
            )
        elif not user.mobile:
            form.add_error(
                None,
                _(
                    "This account has no mobile number. Please go to a passports "
                    "office. Staff sign in on the staff site."
                ),
            )
        else:
            password = user.get_session_auth_hash()
            return SignIn(request).begin(user=user.pk, password=password, next=target)
    context = {"form": form, "next": target}
    return render(request, "accounts/sign_in.html", context, status=lockout.status_of(request))


def code(request, step):
    """The page of a code that was sent: whatever `step` it belongs to."""
    step = step(request)
    if not step.is_waiting:
        return redirect(step.after)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            used = step.try_code(form.cleaned_data["code"])
        except RuleViolation as violation:
            if violation.code == "used":
                # The first of two clicks has gone on already.
                return redirect(step.after)
            form.add_error("code", violation.message)
        else:
            return step.go_on(used)
    sent = step.sent()
    context = {
        "form": form,
        "step": step,
        "recipient": sent and sent.recipient,
        "notice": sent and sent.message,
    }
    return render(request, "accounts/code.html", context)


def resend(request, step):
    step = step(request)
    if not step.is_waiting:
        return redirect(step.after)
    if request.method == "POST":
        try:
            step.send_within_limits()
        except RuleViolation as violation:
            messages.warning(request, violation.message)
    return redirect(step.page)


def sign_out(request):
    if request.method == "POST":
        auth.logout(request)
        messages.success(request, _("You have signed out."))
    return redirect(settings.LOGOUT_REDIRECT_URL)


def register(request):
    return _prove(request, RegisterForm, Register, "accounts/register.html")


def reset(request):
    return _prove(request, ResetForm, Reset, "accounts/reset.html")


def picture_by_text(request):
    """A texted code for who cannot see the picture; then back to the form that asked for it."""
    target = safe_target(request, resolve_url("accounts:register"))
    form = MobileForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            mobile = str(form.cleaned_data["mobile"])
            return Picture(request).begin(mobile=mobile, next=target)
        except RuleViolation as violation:
            violation.show_on(form)
    return render(request, "accounts/picture_by_text.html", {"form": form, "next": target})


@sensitive_post_parameters("new_password", "again")
def choose(request):
    """The last step of registering: username and password."""
    proven = pending.pending(request, "choose")
    if proven is None:
        # The second of two clicks finds the account open, and goes on to its page.
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
            pending.end(request, "choose")
            devices.let_in(request, user)
            messages.success(request, _("Your account is open."))
            response = redirect(settings.LOGIN_REDIRECT_URL)
            lockout.remember_browser(request, response, user)
            return response
    return render(request, "accounts/choose.html", {"form": form, "identity": identity})


@sensitive_post_parameters("new_password", "again")
def new_password(request):
    """The last step of a reset."""
    proven = pending.pending(request, "new_password")
    if proven is None:
        return redirect("accounts:sign-in")
    user = User.objects.get(pk=proven["user"])
    form = NewPasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        actions.set_password(
            actor=user,
            password=form.cleaned_data["new_password"],
            session_key=request.session.session_key,
        )
        auth.logout(request)
        lockout.forget_guesses(request, user)
        messages.success(request, _("Your new password is set. Sign in with it."))
        response = redirect("accounts:sign-in")
        lockout.remember_browser(request, response, user)
        return response
    return render(request, "accounts/new_password.html", {"form": form})


def _prove(request, form_class, step, template):
    """A form that asks who somebody is, with a picture, and sends them a code."""
    kept = f"{step.purpose}_form"
    needs_picture = visual_code.is_needed(request)
    given = pending.pending(request, kept) if request.method == "GET" else None
    form = form_class(request.POST or None, initial=given, needs_picture=needs_picture)
    if visual_code.ANOTHER in request.POST:
        form = form_class(initial=visual_code.as_typed(form), needs_picture=needs_picture)
    elif visual_code.BY_TEXT in request.POST:
        pending.begin(request, kept, **visual_code.as_typed(form))
        return redirect(f"{resolve_url('accounts:picture-by-text')}?next={request.path}")
    elif request.method == "POST" and form.is_valid():
        try:
            visual_code.use(request, form.cleaned_data)
            facts = {name: str(form.cleaned_data[name]) for name in form_class.base_fields}
            pending.end(request, kept)
            return step(request).begin(**facts)
        except RuleViolation as violation:
            violation.show_on(form)
            visual_code.ask_again(request, form)
    return render(request, template, {"form": form})
