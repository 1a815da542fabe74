"""Inquiries with their documents, replies and events."""

from requests_app.models.attachments import Attachment
from requests_app.models.events import InquiryEvent
from requests_app.models.inquiries import Inquiry, InquiryQuerySet
from requests_app.models.replies import Reply

__all__ = [
    "Attachment",
    "Inquiry",
    "InquiryEvent",
    "InquiryQuerySet",
    "Reply",
]
