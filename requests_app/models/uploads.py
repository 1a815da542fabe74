"""Uploads of a person, counted while and after they are checked."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone


class Upload(models.Model):
    """A file that somebody has sent to be checked, whether or not it was taken."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    began_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, help_text="empty while it is checked")

    class Meta:
        indexes = [models.Index(fields=["user", "began_at"], name="upload_user_began_at")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.began_at}"


def forget_old_uploads() -> int:
    """Delete the uploads of more than an hour ago, which count no more; return how many."""
    hour_ago = timezone.now() - timedelta(hours=1)
    return Upload.objects.filter(began_at__lt=hour_ago).delete()[0]
