from django.contrib.auth.backends import ModelBackend

from tawasul.numbers import bare_digits, is_identity_number
from tawasul.text import single_line


class UsernameOrIdentityNumber(ModelBackend):
    """Password sign-in by username, or by any identity number typed in any script of digits."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        if username is None or password is None:
            return None
        number = bare_digits(username)
        login = number if is_identity_number(number) else single_line(username)
        return super().authenticate(request, username=login, password=password, **kwargs)
