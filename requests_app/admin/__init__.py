"""The triage desk: the queue, the page of an inquiry, and the bulk actions."""

from requests_app.admin.queue import InquiryAdmin

__all__ = ["InquiryAdmin"]
