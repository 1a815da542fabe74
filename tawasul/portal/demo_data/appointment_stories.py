"""The appointments of the demo as its file tells of them."""

import json
from pathlib import Path
from typing import Any

STORIES: dict[str, Any] = json.loads(
    Path(__file__).with_name("appointments.json").read_text("utf-8")
)
