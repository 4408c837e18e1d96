"""The kitchen's own limits, each with its source: rules read them here, none is written into a rule."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from dapur.words import Date, Note


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value of the policy record, where it comes from and since when it holds."""

    value: Annotated[float, Meta(ge=-1_000_000, le=1_000_000)]
    source: Note
    valid_from: Date
