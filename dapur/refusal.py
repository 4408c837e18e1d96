"""Why a command was refused: one tree, each class with a stable code; text for people is looked up from the code."""

from __future__ import annotations

import msgspec


class Refusal(msgspec.Struct, frozen=True, tag_field="code"):
    """Base of every refusal. Fields carry what the sentence needs; `code` is the tag and never changes."""
