"""The pages of the floor: a constant one, a form, filing it with a file, and holding a place."""

from django import forms
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from bench.floor.models import Event, Filing, Hold, Message, Slot

CONSTANT = "<!doctype html><title>The floor</title><h1>A page that is always the same</h1>"


class FilingForm(forms.Form):
    name = forms.CharField(max_length=200)
    id_number = forms.CharField(max_length=10)
    description = forms.CharField(max_length=2000)
    document = forms.FileField()


class HoldForm(forms.Form):
    person = forms.CharField(max_length=10)


def constant(request: HttpRequest) -> HttpResponse:
    return HttpResponse(CONSTANT)


def filing(request: HttpRequest) -> HttpResponse:
    form = FilingForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            filed = Filing.objects.create(**form.cleaned_data)
            Event.objects.create(filing=filed, event_type="filed")
            Message.objects.create(recipient="+966500000000", text="It has been filed.")
        return redirect("/")
    return render(request, "filing.html", {"form": form})


def hold(request: HttpRequest, pk: int) -> HttpResponse:
    form = HoldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            free = Slot.objects.filter(pk=pk, taken__lt=F("capacity"))
            if free.update(taken=F("taken") + 1):
                Hold.objects.create(slot_id=pk, **form.cleaned_data)
                return redirect("/")
        form.add_error(None, "This time is full.")
    return render(request, "slot.html", {"form": form})


urlpatterns = [path("", constant), path("new/", filing), path("slots/<int:pk>/", hold)]
