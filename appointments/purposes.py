"""The purpose of the one-time code by which a caller proves who they are."""

from core.accounts.purposes import register

CALLER = register("caller")
