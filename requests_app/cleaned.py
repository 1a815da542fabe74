"""What the sanitizer makes of a file. Imports no Django."""

import json
from dataclasses import dataclass

PREVIEW_SIDE = 320  # pixels


@dataclass(frozen=True)
class Cleaned:
    """A file written anew: the kinds of what was taken out, and how many pages it has.

    `preview` is a small JPEG, of a picture alone.
    """

    content: bytes
    removed: tuple[str, ...] = ()
    pages: int = 1
    preview: bytes = b""

    def to_bytes(self) -> bytes:
        """Return a line of JSON with the facts and the length of the preview, and both contents."""
        facts = {"removed": self.removed, "pages": self.pages, "preview": len(self.preview)}
        return json.dumps(facts).encode() + b"\n" + self.preview + self.content

    @classmethod
    def from_bytes(cls, answer: bytes) -> "Cleaned":
        line, _newline, contents = answer.partition(b"\n")
        facts = json.loads(line)
        length = facts["preview"]
        return cls(contents[length:], tuple(facts["removed"]), facts["pages"], contents[:length])
