"""The steps that need a one-time code, one class for each purpose.

A step waits in the session with the facts it was begun with (see `pending_steps`).
"""

from typing import TYPE_CHECKING, Any, Literal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_date
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from core.accounts import (
    actions,
    codes,
    devices,
    guesses,
    lockout,
    pending_steps,
    purposes,
    visual_code,
)
from core.accounts.models import OneTimeCode, User
from core.accounts.session_holder import by_way_of_choice
from core.exceptions import RuleViolation
from core.http import client_network, in_language
from core.messaging.actions.outages import texts_are_delayed
from core.template_filters import masked_number

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class CodeStep:
    """A step that sends a code and continues when the right one is entered.

    `after` is the page for a second click on the button, and for a request with no step waiting.
    """

    purpose: str
    after: str
    title = gettext_lazy("Enter the code")
    confirms: "StrOrPromise"  # what the code does, in a sentence
    button = gettext_lazy("Next")
    # Whether the page shows the delivery status of the message. It must not where the status would
    # reveal which accounts exist.
    shows_message_status = True
    resend_costs_a_picture = False
    by_mail = False
    # Whether the code goes to the mobile of the account, which may be lost.
    leads_to_recovery = False

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.facts: dict[str, Any] = pending_steps.get(request, self.purpose)  # type: ignore[assignment]  # None: not is_waiting

    @property
    def actor(self) -> User:
        return self.request.user  # type: ignore[return-value]  # signed in if is_waiting

    @property
    def is_waiting(self) -> bool:
        return self.facts is not None and self.request.user.is_authenticated

    def begin(self, **facts: Any) -> HttpResponse:
        """Send the code and redirect to its page.

        A send limit becomes a message on that page; any other RuleViolation of `send` is raised.
        """
        pending_steps.begin(self.request, self.purpose, **facts)
        self.facts = facts
        self.send_within_limits()
        return redirect(self.page)

    @property
    def page(self) -> str:
        return f"accounts:code-{self.purpose}"

    @property
    def resend_page(self) -> str:
        return f"accounts:resend-{self.purpose}"

    def send_within_limits(self) -> None:
        try:
            self.send()
        except RuleViolation as violation:
            if violation.code not in ("too_soon", "too_many", "budget"):
                raise
            messages.warning(self.request, violation.message)

    def send(self) -> None:
        raise NotImplementedError

    def try_code(self, guess: str) -> Any:
        """Use the code, and return the result of its action, or raise as `codes.use_code` does."""
        return codes.use_code(
            actor=self.actor,
            purpose=self.purpose,
            session_key=self.request.session.session_key,
            guess=guess,
            action=lambda code: code,
        )

    def on_success(self, used: Any) -> HttpResponse:
        """Return the response after the right code; `used` is the return value of `try_code`."""
        raise NotImplementedError

    def end(self) -> None:
        pending_steps.end(self.request, self.purpose)

    def sent(self) -> OneTimeCode | Literal[False] | None:
        """Return the last code sent in this session; False if the page must not show its status."""
        return self.shows_message_status and codes.latest_code(
            actor=self.actor, **self.code_filter()
        )

    def delay(self) -> str:
        """Return what a page that must not show the status says of delayed texts, if anything."""
        return ""

    def code_filter(self) -> dict[str, Any]:
        return {"purpose": self.purpose, "session_key": self.request.session.session_key}

    def send_kwargs(self) -> dict[str, Any]:
        return {"session_key": self.request.session.session_key, "language": get_language()}


class SignIn(CodeStep):
    purpose = purposes.SIGN_IN
    after = "accounts:sign-in"
    confirms = gettext_lazy("It signs you in.")
    button = gettext_lazy("Sign in")
    leads_to_recovery = True

    @cached_property
    def actor(self) -> User:
        """The user who gave the password; None if they are inactive or have changed it since."""
        user = User.objects.filter(pk=self.facts["user"], is_active=True).first()
        is_same = user and user.get_session_auth_hash() == self.facts.get("password")
        return user if is_same else None  # type: ignore[return-value]  # None: not is_waiting

    @property
    def is_waiting(self) -> bool:
        return self.facts is not None and self.actor is not None

    def begin(self, **facts: Any) -> HttpResponse:
        """Begin the step after the right password, in a session with a new key."""
        if not (self.facts and self.facts["user"] == facts["user"]):
            # A user who gives the password again keeps the session, and the code sent for it.
            self.request.session.cycle_key()
        return super().begin(**facts)

    def send(self) -> None:
        guesses.check_rests(self.actor)
        actions.check_undisputed(self.actor)
        codes.send_code(actor=self.actor, purpose=self.purpose, **self.send_kwargs())

    def try_code(self, guess: str) -> OneTimeCode:
        actions.check_may_enter(self.actor)
        return actions.try_sign_in_code(
            actor=self.actor, session_key=self.request.session.session_key, guess=guess
        )

    def on_success(self, _code: OneTimeCode) -> HttpResponse:
        user = self.actor
        lockout.end_row_of_unknown(self.request, user)
        self.end()
        devices.start_session(self.request, user)
        target = in_language(self.facts["next"], get_language())
        response = redirect(by_way_of_choice(self.request, target))  # type: ignore[arg-type]  # signed in by now
        lockout.remember_browser(self.request, response, user)
        return response


class AnonymousStep(CodeStep):
    """A step of a visitor who is not signed in; its page reveals nothing about accounts."""

    actor = None  # type: ignore[assignment]  # nobody is signed in
    shows_message_status = False
    resend_costs_a_picture = True

    @property
    def is_waiting(self) -> bool:
        return self.facts is not None

    def delay(self) -> str:
        return _("Texts are delayed at the moment.") if texts_are_delayed() else ""

    def send_kwargs(self) -> dict[str, Any]:
        return {**super().send_kwargs(), "network": client_network(self.request)}

    def continue_with(self, next_step: str, **facts: Any) -> HttpResponse:
        """End this step, and begin `next_step` in a session with a new key."""
        self.end()
        self.request.session.cycle_key()
        pending_steps.begin(self.request, next_step, **facts)
        return redirect(self.after)


class Register(AnonymousStep):
    purpose = purposes.REGISTER
    after = "accounts:choose"
    confirms = gettext_lazy("With it you go on to choose a username and a password.")
    notice = gettext_lazy(
        "If the details you entered are correct, a code is on its way to the mobile that the "
        "registry has for you. If none comes, check the number, the calendar and the day: one "
        "Hijri day off is usual. If they are right, the registry may have no mobile or an old one: "
        "go to a passports office with your ID or passport."
    )

    def send(self) -> None:
        actions.ask_to_register(
            number=self.facts["number"], born=parse_date(self.facts["born"]), **self.send_kwargs()
        )

    def on_success(self, code: OneTimeCode) -> HttpResponse:
        return self.continue_with("choose", identity=int(code.confirms))


class Reset(AnonymousStep):
    purpose = purposes.RESET
    after = "accounts:new-password"
    confirms = gettext_lazy("With it you go on to choose a new password.")
    leads_to_recovery = True
    notice = gettext_lazy(
        "If there is an account with these details, a code is on its way to its mobile. If none "
        "comes, check the username or number, the calendar and the day: one Hijri day off is usual."
    )

    def send(self) -> None:
        actions.ask_to_reset(
            login=self.facts["login"],
            born=parse_date(self.facts["born"]),
            **self.send_kwargs(),
        )

    def delay(self) -> str:
        """Say so if the last code went by mail too, or would have gone: decoys have mails too."""
        code = codes.latest_code(actor=None, **self.code_filter())
        if code is None or code.mail is None:
            return super().delay()
        return _(
            "Texts are delayed at the moment. The code also goes to the e-mail address of the "
            "account, if it has one."
        )

    def on_success(self, code: OneTimeCode) -> HttpResponse:
        user = User.objects.get(pk=code.confirms)
        facts = {"user": user.pk, "password": user.get_session_auth_hash()}
        return self.continue_with("new_password", **facts)


class Recover(AnonymousStep):
    purpose = purposes.RECOVER
    after = "accounts:new-mobile"
    confirms = gettext_lazy("With it you go on to give your account the mobile of the registry.")
    notice = Register.notice

    def send(self) -> None:
        actions.ask_to_recover(
            number=self.facts["number"], born=parse_date(self.facts["born"]), **self.send_kwargs()
        )

    def on_success(self, code: OneTimeCode) -> HttpResponse:
        return self.continue_with("new_mobile", code=str(code.pk))


class Picture(AnonymousStep):
    """A texted code in place of the picture.

    It goes to any mobile the visitor gives, because it proves nothing about an account.
    """

    purpose = purposes.PICTURE
    after = "accounts:picture-by-text"
    confirms = gettext_lazy("It takes the place of the picture.")
    notice = gettext_lazy("A code is on its way to the mobile you entered.")
    resend_costs_a_picture = False

    def send(self) -> None:
        mobile = self.facts["mobile"]
        codes.send_code_to_unknown(
            purpose=self.purpose,
            typed=mobile,
            recipient=mobile,
            template="code_picture",
            **self.send_kwargs(),
        )

    def on_success(self, code: OneTimeCode) -> HttpResponse:
        self.end()
        visual_code.prove_by_text(self.request, code)
        messages.success(
            self.request, _("This code takes the place of the picture. Go on with the form.")
        )
        return redirect(in_language(self.facts["next"], get_language()))


class Mobile(CodeStep):
    purpose = purposes.MOBILE
    after = "accounts:safety"
    confirms = gettext_lazy("It makes this mobile that of your account.")
    button = gettext_lazy("Change the mobile")

    def send(self) -> None:
        actions.ask_to_change_mobile(
            actor=self.actor, mobile=self.facts["mobile"], **self.send_kwargs()
        )

    def try_code(self, guess: str) -> str:
        return actions.change_mobile(
            actor=self.actor, session_key=self.request.session.session_key, guess=guess
        )

    def on_success(self, mobile: str) -> HttpResponse:
        self.end()
        devices.keep_session(self.request, self.actor)
        messages.success(
            self.request,
            format_html(
                _(
                    "The mobile on your account is now {mobile}. Other devices have been signed "
                    "out."
                ),
                mobile=masked_number(mobile),
            ),
        )
        return redirect(self.after)


class Email(CodeStep):
    purpose = purposes.EMAIL
    by_mail = True
    after = "accounts:messages"
    confirms = gettext_lazy("It makes this address that of your account.")
    button = gettext_lazy("Confirm the address")

    def send(self) -> None:
        actions.ask_to_confirm_email(
            actor=self.actor, email=self.facts["email"], **self.send_kwargs()
        )

    def try_code(self, guess: str) -> None:
        return actions.confirm_email(
            actor=self.actor, session_key=self.request.session.session_key, guess=guess
        )

    def on_success(self, _used: None) -> HttpResponse:
        self.end()
        devices.keep_session(self.request, self.actor)
        messages.success(
            self.request,
            _("Your e-mail address is confirmed. Other devices have been signed out."),
        )
        return redirect(self.after)


STEPS = {step.purpose: step for step in (SignIn, Register, Reset, Recover, Picture, Mobile, Email)}
