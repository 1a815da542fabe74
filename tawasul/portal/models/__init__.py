"""Models of the roof: announcements, and what people say of pages."""

from tawasul.portal.models.announcements import (
    ANNOUNCE_EVERYWHERE,
    Announcement,
    announcements_for,
)
from tawasul.portal.models.feedback import Feedback

__all__ = ["ANNOUNCE_EVERYWHERE", "Announcement", "Feedback", "announcements_for"]
