"""The staff site: Django's admin behind a password and the code of an authenticator."""

from functools import wraps
from urllib.parse import urlencode

from django.contrib import auth
from django.db.models import Count
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django_otp import login as otp_login
from django_otp import match_token
from django_otp.admin import OTPAdminSite

from appointments.models import Appointment
from core.accounts import devices, lockout
from core.accounts.forms import CodeForm, SignInForm
from core.accounts.models import User
from core.accounts.pending import begin, end, pending
from core.http import safe_target
from core.numbers import bare_digits
from core.staff_lists import counted
from requests_app.models import Inquiry

STEP = "staff_sign_in"
PENDING_SECONDS = 5 * 60


class StaffSite(OTPAdminSite):
    site_header = site_title = gettext_lazy("Tawasul staff")
    index_title = gettext_lazy("To do")
    enable_nav_sidebar = False

    def __init__(self, name="admin"):
        super().__init__(name)

    def get_urls(self):
        # "View on site" looks up rows of any table by whatever is typed; nothing here uses it.
        urls = [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]
        return [path("code/", self.code, name="code"), *urls]

    def admin_view(self, view, cacheable=False):
        """Every page counts as work, the screen of a waiting room that asks by itself as well."""

        @wraps(view)
        def at_work(request, *args, **kwargs):
            devices.extend_stay(request)
            return view(request, *args, **kwargs)

        return super().admin_view(at_work, cacheable)

    def index(self, request, extra_context=None):
        """What waits for this person comes first, counted, each leading to its list."""
        waiting = [*_inquiries_of(request.user), *_appointments_of(request.user)]
        return super().index(request, {"waiting": waiting, **(extra_context or {})})

    def login(self, request, extra_context=None):
        """The first step: the password."""
        target = safe_target(request, reverse("admin:index"))
        if request.method == "GET" and self.has_permission(request):
            return redirect(target)
        form = SignInForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            user = auth.authenticate(
                request,
                username=form.cleaned_data["login"],
                password=form.cleaned_data["password"],
            )
            if user is not None and user.is_staff:
                request.session.cycle_key()
                password = user.get_session_auth_hash()
                begin(request, STEP, user=user.pk, password=password, next=target)
                return redirect("admin:code")
            wrong = _("This username and this password do not open the staff site. Check both.")
            form.add_error(None, lockout.STAFF_REFUSAL if lockout.is_shut(request) else wrong)
        context = {"form": form, "next": target}
        return render(request, "admin/sign_in.html", context, status=lockout.status_of(request))

    def code(self, request):
        """The second step: six digits of the authenticator, or a recovery code."""
        facts = pending(request, STEP, PENDING_SECONDS)
        if facts is None:
            return redirect("admin:login")
        user = User.objects.filter(pk=facts["user"], is_active=True, is_staff=True).first()
        if user is None or user.get_session_auth_hash() != facts.get("password"):
            return redirect("admin:login")
        form = CodeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            device = match_token(user, bare_digits(form.cleaned_data["code"]).lower())
            if device is None:
                form.add_error(
                    "code",
                    _(
                        "This code is not right, or has been used already. "
                        "Wait for the next one and enter that."
                    ),
                )
            else:
                end(request, STEP)
                devices.let_in(request, user)
                otp_login(request, device)
                response = redirect(facts["next"])
                lockout.remember_browser(request, response, user)
                return response
        return render(request, "admin/code.html", {"form": form})


def _inquiries_of(user):
    """What waits at the triage desk, under its heading."""
    if not user.has_perm("requests_app.view_inquiry"):
        return
    inquiries = Inquiry.objects.for_staff(user)
    waiting, mine = inquiries.waiting(), inquiries.waiting().filter(assignee=user)
    status = Inquiry.Status
    counts = [(_("Assigned to nobody"), waiting.filter(assignee=None), {"queue": "nobody"})]
    if user.has_perm("requests_app.triage_inquiry"):
        counts += [
            (
                _("Mine, under processing"),
                mine.filter(status=status.UNDER_PROCESSING),
                {"queue": "mine", "status__exact": status.UNDER_PROCESSING},
            ),
            (
                _("Mine, answered by the applicant"),
                mine.filter(status=status.RETURNED_BY_APPLICANT),
                {"queue": "mine", "status__exact": status.RETURNED_BY_APPLICANT},
            ),
            (_("Mine, overdue"), mine.overdue(), {"queue": "mine", "time": "overdue"}),
        ]
    # Whoever gives inquiries to others looks after all of them.
    if user.has_perm("requests_app.assign_inquiry"):
        counts += [
            (_("Overdue in all"), inquiries.overdue(), {"queue": "all", "time": "overdue"}),
        ]
    else:
        unclaimed = waiting.filter(assignee=None).overdue()
        late = {"queue": "nobody", "time": "overdue"}
        counts += [(_("Assigned to nobody, overdue"), unclaimed, late)]
    queue = reverse("admin:requests_app_inquiry_changelist")
    yield (
        Inquiry._meta.verbose_name_plural,
        [_counted(label, rows, f"{queue}?{urlencode(chosen)}") for label, rows, chosen in counts],
    )


def _appointments_of(user):
    """Who comes today, for each office where `user` receives people; and who needs a new time."""
    rights = ("appointments.view_appointment", "appointments.receive_appointment")
    offices = list(user.offices.all()) if user.has_perms(rights) else []
    if not offices:
        return
    appointments = Appointment.objects.at_desk_of(user)
    people = appointments.of_today().with_standing().order_by()
    by_office = people.values_list("slot__office", "standing").annotate(Count("pk"))
    numbers = {(office, standing): number for office, standing, number in by_office}
    standings = {
        "due": pgettext("who is expected at an office", "Due"),
        "here": pgettext("who is expected at an office", "Here"),
        "late": pgettext("who is expected at an office", "Late"),
    }
    for office in offices:
        counts = []
        for standing, label in standings.items():
            query = urlencode({"office": office.slug, "show": standing})
            address = f"{reverse('admin:appointment_today')}?{query}"
            counts.append((label, numbers.get((office.pk, standing), 0), False, address))
        yield _("Today: %(office)s") % {"office": office.name}, counts
    displaced = appointments.upcoming().filter(state=Appointment.State.DISPLACED)
    query = urlencode({"day": "ahead", "state__exact": Appointment.State.DISPLACED})
    address = f"{reverse('admin:appointments_appointment_changelist')}?{query}"
    yield (
        Appointment._meta.verbose_name_plural,
        [_counted(_("The office closed, another time is needed"), displaced, address)],
    )


def _counted(label, rows, address):
    """What the first page says of these rows, and where they are listed."""
    return label, *counted(rows), address
