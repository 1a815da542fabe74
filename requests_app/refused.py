"""Why there is no new file, or no picture."""


class Refused(Exception):
    """Raised with the reason: a word that `uploads` has a sentence for, or `no_such_page`."""
