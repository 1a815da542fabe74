"""Template tags for what any page may show of the roof."""

from typing import Any

from django import template

from tawasul.portal.models import announcements_for

register = template.Library()


@register.inclusion_tag("components/announcements.html")
def announcements(**chosen: Any) -> dict[str, Any]:
    """Show what is announced now where a service, a region and an office have been chosen."""
    return {"announcements": announcements_for(**chosen)}
