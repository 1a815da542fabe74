"""What the floor stores: a filing with its event and its message, and places that are held."""

from django.db import models


class Filing(models.Model):
    name = models.CharField(max_length=200)
    id_number = models.CharField(max_length=10)
    description = models.TextField()
    document = models.FileField()
    at = models.DateTimeField(auto_now_add=True)


class Event(models.Model):
    filing = models.ForeignKey(Filing, on_delete=models.PROTECT)
    event_type = models.CharField(max_length=30)
    at = models.DateTimeField(auto_now_add=True)


class Message(models.Model):
    recipient = models.CharField(max_length=20)
    text = models.TextField()
    at = models.DateTimeField(auto_now_add=True)


class Slot(models.Model):
    capacity = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)


class Hold(models.Model):
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT)
    person = models.CharField(max_length=10)
    at = models.DateTimeField(auto_now_add=True)
