"""Models of the roof: announcements, what people say of pages, and invitations to an office."""

from tawasul.portal.models.announcements import (
    ANNOUNCE_EVERYWHERE,
    Announcement,
    announcements_for,
)
from tawasul.portal.models.feedback import Feedback
from tawasul.portal.models.invitations import Invitation

__all__ = ["ANNOUNCE_EVERYWHERE", "Announcement", "Feedback", "Invitation", "announcements_for"]
