"""Template tags for what any page may show of the roof: announcements, and a question about it."""

from typing import Any

from django import template
from django.utils.functional import Promise

from tawasul.portal.feedback import question_about
from tawasul.portal.models import announcements_for

register = template.Library()


@register.inclusion_tag("components/announcements.html")
def announcements(**chosen: Any) -> dict[str, Any]:
    """Show what is announced now where a service, a region and an office have been chosen."""
    return {"announcements": announcements_for(**chosen)}


@register.filter
def question(page: str) -> str | Promise:
    """Return the question about the page with this name of its address."""
    return question_about(page).text
