"""What the codes of an inquiry confirm."""

from core.accounts.purposes import register

FILE = register("file")
CONTACT = register("contact")
