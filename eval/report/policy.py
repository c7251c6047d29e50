"""Content security policy: a page runs the script that it came with, and no other."""

from __future__ import annotations

import base64
import hashlib


def source_hash(text: str) -> str:
    """What a policy calls an inline script or style of exactly this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
