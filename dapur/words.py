"""Bounded words that args, bodies and plans are made of; a value outside them never decodes."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

TEXT_MAX = 500
"""Longest text a tap carries (sync.md: strings of at most 500 characters)."""
LIST_MAX = 100
MS_MAX = 4_102_444_800_000
"""1 January 2100: a time beyond it is a broken clock."""

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z")]
"""An identifier of ours or of a plan; without a colon it cannot pose as another noun's subject."""
Reference = Annotated[str, Meta(max_length=200)]
"""An identifier that is only compared, never made into a new record."""
Name = Annotated[str, Meta(min_length=1, max_length=80)]
Note = Annotated[str, Meta(max_length=TEXT_MAX)]
Unit = Annotated[str, Meta(min_length=1, max_length=16)]
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
Date = Annotated[str, Meta(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z")]
Ms = Annotated[int, Meta(ge=0, le=MS_MAX)]
Portions = Annotated[int, Meta(ge=0, le=20_000)]
"""Portions of one class; a kitchen makes 3,500 a day, Bergizi's limit for a batch is 10,000."""
TempC = Annotated[float, Meta(ge=-40, le=150)]
MassKg = Annotated[float, Meta(ge=0, le=10_000)]
Round = Annotated[int, Meta(ge=1, le=1_000)]
