"""The demo phone: the texts that mobiles would receive, and the authenticators of staff."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.messaging.gateways import DemoPhone


def phone(request: HttpRequest) -> HttpResponse:
    texts = [{**text, "at": datetime.fromisoformat(text["at"])} for text in DemoPhone().received()]
    authenticators = [
        {"user": device.user, "code": current_code(device)}
        for device in TOTPDevice.objects.filter(confirmed=True).select_related("user")
    ]
    return render(request, "demo/phone.html", {"texts": texts, "authenticators": authenticators})


def current_code(device: TOTPDevice) -> str:
    """Return the six digits that the authenticator app of `device` shows now."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = timezone.now().timestamp()
    return f"{totp.token():06}"
