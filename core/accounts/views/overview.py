"""The account: an overview, the four pages behind it, and the choice of the holder to act for."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from core.accounts import actions, authenticators, devices
from core.accounts.access import SignedInRequest, resident_required
from core.accounts.forms import ActingAsForm, LanguageForm
from core.accounts.models import Identity, Session
from core.accounts.people import establishments_offered_of
from core.accounts.recovered import restriction_on
from core.accounts.session_holder import act_as, holder_of, is_representative
from core.accounts.views.people import links_to_holders, links_to_persons
from core.http import in_language, safe_target
from core.methods import takes_form

LINKS = 10


@resident_required
def overview(request: SignedInRequest) -> HttpResponse:
    """Show what the account consists of, and the way out of it."""
    return render(request, "accounts/overview.html", {"identity": request.user.identity})


@resident_required
def my_data(request: SignedInRequest) -> HttpResponse:
    """Show what the registry says of the user."""
    identity = request.user.identity
    numbers = identity.numbers.order_by("-is_current", "pk")  # type: ignore[union-attr]  # a resident
    return render(request, "accounts/my_data.html", {"identity": identity, "numbers": numbers})


@resident_required
def safety(request: SignedInRequest) -> HttpResponse:
    """Show how the user signs in, and the devices where they are signed in."""
    context = {
        "app": authenticators.app_of(request.user),
        "why_closed": restriction_on(request.user),
        "devices": Session.objects.signed_in(request.user),
    }
    return render(request, "accounts/safety.html", context)


@resident_required
def links(request: SignedInRequest) -> HttpResponse:
    """Show the people and establishments that the user, or whom they act for, is linked to."""
    persons = list(links_to_persons(request)[: LINKS + 1])
    holders = list(links_to_holders(request)[: LINKS + 1])
    context = {
        "persons": persons[:LINKS],
        "has_more_persons": len(persons) > LINKS,
        "holders": holders[:LINKS],
        "has_more_holders": len(holders) > LINKS,
        "represents": is_representative(request),
    }
    return render(request, "accounts/links.html", context)


@takes_form
@resident_required
def messages_and_language(request: SignedInRequest) -> HttpResponse:
    """Show where messages go, and choose the language of messages and pages."""
    form = LanguageForm(request.POST or None, initial={"language": request.user.language})
    if request.method == "POST" and form.is_valid():
        language = form.cleaned_data["language"]
        actions.choose_language(actor=request.user, language=language)
        with override(language):
            messages.success(request, _("Your language is saved."))
        return redirect(in_language(reverse("accounts:messages"), language))
    context = {"form": form, "why_closed": restriction_on(request.user)}
    return render(request, "accounts/messages.html", context)


@takes_form
@resident_required
def sign_out_device(request: SignedInRequest, device: str) -> HttpResponse:
    if request.method == "POST":
        actions.sign_out_device(actor=request.user, device=device)
        messages.success(request, _("That device has been signed out."))
    return redirect("accounts:safety")


@takes_form
@resident_required
def sign_out_elsewhere(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        key = request.session.session_key
        actions.sign_out_elsewhere(actor=request.user, session_key=key)
        devices.keep_session(request, request.user)
        messages.success(request, _("All other devices have been signed out."))
    return redirect("accounts:safety")


@takes_form
@resident_required
def acting_as(request: SignedInRequest) -> HttpResponse:
    """Choose the holder to act for in the rest of this session, and go on to `next`."""
    target = safe_target(request, resolve_url(settings.LOGIN_REDIRECT_URL))
    holder = holder_of(request)
    now = None if holder == request.user.identity else holder.pk
    asked = request.GET.get("holder", now)
    mandates = Identity.objects.establishments_represented_by(request.user.identity)
    offered = establishments_offered_of(mandates, [asked, request.POST.get("holder")])
    form = ActingAsForm(request.POST or None, offered=offered, initial={"holder": asked})
    if request.method == "POST" and form.is_valid():
        act_as(request, form.cleaned_data["holder"])
        return redirect(target)
    context = {"form": form, "offered": offered, "next": target}
    return render(request, "accounts/acting_as.html", context)
