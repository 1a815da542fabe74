"""What the sanitizer makes of a file. Imports no Django."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Cleaned:
    """A file written anew: the kinds of what was taken out, and how many pages it has."""

    content: bytes
    removed: tuple[str, ...] = ()
    pages: int = 1

    def to_bytes(self) -> bytes:
        """Return a line of JSON with everything but the content, and the content."""
        facts = asdict(self)
        content = facts.pop("content")
        return json.dumps(facts).encode() + b"\n" + content

    @classmethod
    def from_bytes(cls, answer: bytes) -> "Cleaned":
        line, _newline, content = answer.partition(b"\n")
        facts = json.loads(line)
        return cls(content, tuple(facts["removed"]), facts["pages"])
