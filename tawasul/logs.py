"""What the portal writes to its log."""

import logging


class Refusals(logging.Filter):
    """Log a refused request (4xx) in one line, without a traceback and without what it sent.

    Of a suspicious request, Django logs the header or the lookup that it objects to. The name of
    the logger says what was wrong, and the path where.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if not 400 <= getattr(record, "status_code", 0) < 500:
            return True
        record.exc_info = record.exc_text = None
        if record.name.startswith("django.security."):
            path = record.request.path  # type: ignore[attr-defined]  # comes with the status
            record.msg, record.args = path.encode("unicode_escape").decode(), ()
        return True


CONFIG = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"refusals": {"()": Refusals}},
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["refusals"],
            "formatter": "plain",
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"django": {"handlers": [], "level": "WARNING", "propagate": True}},
}
