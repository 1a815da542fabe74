"""Digests of what was confirmed or recorded, and the keys of forms."""

import hashlib
import json
import uuid


def digest_of(content):
    """SHA-256 of anything that JSON can hold, the same for the same content, in hex."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def derive_key(form_key, *content):
    """The key of what one form creates: the same for its second click, another for other content.

    A form that the back button brings up again still carries its old key, with new choices in it.
    """
    return uuid.uuid5(form_key, digest_of(content))
