"""The triage desk: the queue, one inquiry on one page, and many at once."""

from requests_app.admin.queue import InquiryAdmin

__all__ = ["InquiryAdmin"]
