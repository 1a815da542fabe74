"""Inquiries with their documents, replies and events."""

from requests_app.models.attachments import Attachment, AttachmentQuerySet, ScannerOutage
from requests_app.models.canned_texts import CannedText
from requests_app.models.decisions import Decision, DecisionQuerySet
from requests_app.models.events import InquiryEvent
from requests_app.models.exports import Export
from requests_app.models.inquiries import Inquiry
from requests_app.models.lists import InquiryQuerySet
from requests_app.models.openings import InquiryOpening
from requests_app.models.replies import Reply, ReplyQuerySet
from requests_app.models.uploads import Upload

__all__ = [
    "Attachment",
    "AttachmentQuerySet",
    "CannedText",
    "Decision",
    "DecisionQuerySet",
    "Export",
    "Inquiry",
    "InquiryEvent",
    "InquiryOpening",
    "InquiryQuerySet",
    "Reply",
    "ReplyQuerySet",
    "ScannerOutage",
    "Upload",
]
