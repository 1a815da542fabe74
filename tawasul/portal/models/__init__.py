"""Models of the roof: announcements."""

from tawasul.portal.models.announcements import (
    ANNOUNCE_EVERYWHERE,
    Announcement,
    announcements_for,
)

__all__ = ["ANNOUNCE_EVERYWHERE", "Announcement", "announcements_for"]
