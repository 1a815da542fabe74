"""The purposes of the one-time codes of an inquiry."""

from core.accounts.purposes import register

FILE = register("file", also_by_mail=True)
CONTACT = register("contact")
