"""Why the sanitizer has made no new file."""


class Refused(Exception):
    """Raised for a readable file that is refused; the argument is a reason in `REFUSALS`."""
