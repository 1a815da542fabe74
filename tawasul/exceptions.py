"""What an action raises when a rule forbids it."""

from django.utils.functional import Promise


class RuleViolation(Exception):
    """A rule was broken: `message` is for the person, `code` for the program."""

    def __init__(self, message: "str | Promise", code: str) -> None:
        super().__init__(code)
        self.message = message
        self.code = code
