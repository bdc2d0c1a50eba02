"""What the dashboard says, by language and key."""

from __future__ import annotations

import json

from services.api.dashboard import STATIC

FOLDER = STATIC / "ui" / "locales"
WORDS = {language: json.loads((FOLDER / f"{language}.json").read_text()) for language in ("en", "ko", "ja")}
