"""The triage desk: the queue, the page of an inquiry, the bulk actions and the canned texts."""

from requests_app.admin.canned_texts import CannedTextAdmin
from requests_app.admin.queue import InquiryAdmin

__all__ = ["CannedTextAdmin", "InquiryAdmin"]
