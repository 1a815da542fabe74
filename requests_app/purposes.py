"""The purposes of the one-time codes of an inquiry."""

from core.accounts.purposes import register

FILE = register("file")
CONTACT = register("contact")
