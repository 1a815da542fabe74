"""Digests of confirmed or recorded content, and the idempotency keys of forms."""

import hashlib
import json
import uuid
from typing import Any


def digest_of(content: Any) -> str:
    """Return the SHA-256 in hex of any JSON content; equal content gives an equal digest."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def derive_key(form_key: uuid.UUID, *content: Any) -> uuid.UUID:
    """Return the idempotency key for submitting `content` with the form that carries `form_key`.

    A second click on the form gives the same key, other content another one. A form that the back
    button shows again still carries its old `form_key`, and the user may have changed its content.
    """
    return uuid.uuid5(form_key, digest_of(content))
