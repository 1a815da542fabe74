"""The staff site: Django's admin behind a password and a second factor."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, cast

from django.contrib import auth
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import ResolverMatch, URLPattern, URLResolver, path, reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django_otp import login as otp_login
from django_otp.admin import OTPAdminSite

from core.accounts import actions, devices, lockout, pending_steps
from core.accounts.access import StaffRequest
from core.accounts.forms import CodeForm, SignInForm
from core.accounts.interrupted_forms import give_back, keep_input
from core.accounts.models import User
from core.accounts.security_events import note_wrong_password
from core.exceptions import RuleViolation
from core.http import in_language, safe_target
from core.methods import takes, takes_form
from core.security_log import Event, note
from requests_app.models.figures import may_see_figures
from tawasul.portal import (
    staff_enrolment,
    staff_feedback,
    staff_filing,
    staff_invitations,
    staff_members,
    staff_password,
    staff_people,
    staff_recovery,
    staff_reviews,
)
from tawasul.portal.staff_todo import (
    accounts_for,
    appointments_of,
    inquiries_of,
    offices_today,
    recoveries_of,
)

STEP = "staff_sign_in"
PENDING_SECONDS = 5 * 60
# An auditor changes nothing, whatever other rights they have; these forms find, and record, and
# sign off.
AUDITORS_FORMS = {"logout", "password_change", "people", "person", "access-review"}

# Forms that show what was sent without doing anything, as when their language is switched. Those of
# the desk for inquiries keep theirs themselves.
SHOWN_AGAIN = {
    *("people", "person", "appointment_walk_in", "appointment_take_back", "assist"),
    "details",  # of an inquiry that is prepared at the counter
    "invitation",
    *(
        f"{model}_{form}"
        for model in (
            *("catalogue_service", "catalogue_documenttype", "catalogue_holiday"),
            "catalogue_team",
            *("appointments_office", "appointments_openingwindow", "appointments_closure"),
            "portal_announcement",
        )
        for form in ("add", "change")
    ),
}

# The methods of the stock views that take more than GET and HEAD.
_STOCK_VIEWS = {
    "logout": takes("POST"),
    # Everything that is no address of the staff site comes here, and is answered as elsewhere.
    "catch_all_view": takes(),
    **dict.fromkeys(
        ("password_change", "changelist_view", "add_view", "change_view", "delete_view"), takes_form
    ),
}


class StaffSite(OTPAdminSite):
    site_header = site_title = gettext_lazy("Tawasul staff")
    index_title = gettext_lazy("To do")
    enable_nav_sidebar = False

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        # "View on site" looks up rows of any table that the address names; no page here uses it.
        urls = [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]
        people = [
            path("people/", self.admin_view(staff_people.find), name="people"),
            path("people/<int:pk>/", self.admin_view(staff_people.person), name="person"),
            *staff_recovery.urls(self.admin_view),
            path(
                "people/<int:pk>/inquiry/",
                self.admin_view(staff_filing.begin),
                name="prepare_inquiry",
            ),
        ]
        accounts = [
            *staff_enrolment.urls,
            *staff_feedback.urls(self.admin_view),
            *staff_reviews.urls(self.admin_view),
            *staff_members.urls(self.admin_view),
            *staff_invitations.urls(self.admin_view),
        ]
        urls = [path("code/", self.code, name="code"), *people, *accounts, *urls]
        _declare_methods(urls)
        return urls

    def admin_view(
        self, view: Callable[..., HttpResponseBase], cacheable: bool = False
    ) -> Callable[..., HttpResponseBase]:
        """Refuse whatever an auditor sends but the forms in AUDITORS_FORMS.

        What is sent to a form in SHOWN_AGAIN after the session has ended is kept, and shown again.
        """

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method == "POST" and _only_reads(request):
                raise PermissionDenied
            show = partial(view, request, *args, **kwargs)
            return give_back(request, show, as_post=True) if _is_shown_again(request) else show()

        inner = super().admin_view(guarded, cacheable)

        @wraps(inner)
        def keeping(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            has_ended = request.method == "POST" and not request.user.is_authenticated
            if has_ended and _is_shown_again(request):
                keep_input(request)
            return inner(request, *args, **kwargs)

        return keeping

    def index(
        self, request: StaffRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show first the user's counts of waiting items, each with a link to its list."""
        user = request.user
        waiting = [*inquiries_of(user), *appointments_of(user), *recoveries_of(user)]
        waiting += accounts_for(user)
        context = {
            "waiting": waiting,
            "offices_today": offices_today(user),
            "may_see_figures": may_see_figures(user),
        }
        return super().index(request, {**context, **(extra_context or {})})

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        return staff_password.ChangePassword.as_view(
            success_url=reverse("admin:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )(request)

    @takes_form
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show and check the first step of sign-in: the password."""
        target = safe_target(request, reverse("admin:index"))
        if request.method != "POST" and self.has_permission(request):
            return redirect(target)
        # No picture is asked for, as a second factor follows.
        form = SignInForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            login = form.cleaned_data["login"]
            password = form.cleaned_data["password"]
            user = auth.authenticate(request, username=login, password=password, staff_only=True)
            if user is not None and user.is_staff:
                try:
                    actions.check_undisputed(user, "staff")
                except RuleViolation as violation:
                    violation.show_on(form)
                    return render(request, "admin/sign_in.html", {"form": form, "next": target})
                request.session.cycle_key()
                password = user.get_session_auth_hash()
                pending_steps.begin(request, STEP, user=user.pk, password=password, next=target)
                return redirect("admin:code")
            if user is None:
                note_wrong_password(login, "staff", lockout.limit_of(request))
            else:
                note(Event.SIGN_IN, "not_staff", account=user.pk, kind="staff")
            wrong = _("This username and this password do not open the staff site. Check both.")
            form.add_error(None, lockout.STAFF_REFUSAL if lockout.is_locked_out(request) else wrong)
        context = {"form": form, "next": target}
        return render(request, "admin/sign_in.html", context, status=lockout.status_of(request))

    @takes_form
    def code(self, request: HttpRequest) -> HttpResponse:
        """Show and check the second step: six digits of the authenticator, or a recovery code."""
        facts = pending_steps.get(request, STEP, PENDING_SECONDS)
        if facts is None:
            return redirect("admin:login")
        user = User.objects.filter(pk=facts["user"], is_active=True, is_staff=True).first()
        if user is None or user.get_session_auth_hash() != facts.get("password"):
            return redirect("admin:login")
        form = CodeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                device = actions.use_second_factor(actor=user, typed=form.cleaned_data["code"])
            except RuleViolation as violation:
                form.add_error("code", violation.message)
            else:
                pending_steps.end(request, STEP)
                devices.start_session(request, user, kind="staff")
                otp_login(request, device)
                response = redirect(in_language(facts["next"], get_language()))
                lockout.end_row_of_unknown(request, user)
                lockout.remember_browser(request, response, user)
                return response
        return render(request, "admin/code.html", {"form": form})


def _is_shown_again(request: HttpRequest) -> bool:
    return cast(ResolverMatch, request.resolver_match).url_name in SHOWN_AGAIN


def _only_reads(request: HttpRequest) -> bool:
    """Return whether an auditor sends this to a page that is not about their own account."""
    page = cast(ResolverMatch, request.resolver_match).url_name
    return page not in AUDITORS_FORMS and cast(User, request.user).is_auditor


def _declare_methods(urls: list[URLResolver | URLPattern]) -> None:
    """Declare the methods of the stock views, which the admin wraps anew for each address."""
    for url in urls:
        if isinstance(url, URLResolver):
            _declare_methods(url.url_patterns)
        elif not hasattr(url.callback, "methods") and url.callback.__name__ in _STOCK_VIEWS:
            _STOCK_VIEWS[url.callback.__name__](url.callback)
