"""The values of the look: two palettes, type, space and radii; plain data, no Qt."""

from typing import Final, Literal

import msgspec


class Palette(msgspec.Struct, frozen=True):
    """One colour for each role, as `#RRGGBB`; contrasts are pinned by a test."""

    bg: str
    surface: str
    surface2: str
    surface3: str
    line: str
    line2: str
    text: str
    text2: str
    text3: str
    primary: str
    on_primary: str
    primary_pressed: str
    tonal: str
    on_tonal: str
    alarm: str
    on_alarm: str
    alarm_pressed: str
    alarm_text: str
    alarm_bg: str
    alarm_line: str
    amber: str
    on_amber: str
    amber_line: str
    amber_bg: str
    amber_text: str
    held: str
    on_held: str
    held_bg: str
    hatch: str
    ok: str
    ok_bg: str
    ok_band: str
    prog: str
    track: str
    stale: str
    stale_bg: str
    rail: str
    rail_on: str
    rail_text: str
    on_rail: str
    avatar: str
    on_avatar: str
    focus: str
    scrim: str
    scrim_alpha: float


LIGHT: Final = Palette(
    bg="#E9ECEF",
    surface="#FFFFFF",
    surface2="#F3F5F7",
    surface3="#E4E8EC",
    line="#CBD2D9",
    line2="#858F9B",
    text="#14181D",
    text2="#424C58",
    text3="#4F5965",
    primary="#0B4F9E",
    on_primary="#FFFFFF",
    primary_pressed="#083B78",
    tonal="#DBE8F8",
    on_tonal="#0B3F80",
    alarm="#AE1519",
    on_alarm="#FFFFFF",
    alarm_pressed="#8E1013",
    alarm_text="#990E12",
    alarm_bg="#FBE6E4",
    alarm_line="#AE1519",
    amber="#F5B52E",
    on_amber="#241A00",
    amber_line="#C98A00",
    amber_bg="#FFF2D1",
    amber_text="#6B4A00",
    held="#4B5563",
    on_held="#FFFFFF",
    held_bg="#F1F3F5",
    hatch="#EAEDF0",
    ok="#0E5530",
    ok_bg="#DFF1E5",
    ok_band="#1E7A46",
    prog="#3E5C85",
    track="#D3DAE1",
    stale="#626C77",
    stale_bg="#EEF1F3",
    rail="#14181D",
    rail_on="#2B3138",
    rail_text="#B6BFC9",
    on_rail="#FFFFFF",
    avatar="#DDE3EA",
    on_avatar="#2B3440",
    focus="#7A3FF2",
    scrim="#0F141A",
    scrim_alpha=0.62,
)

DARK: Final = Palette(
    bg="#0B0E12",
    surface="#171C22",
    surface2="#222931",
    surface3="#2B333C",
    line="#333C46",
    line2="#66717D",
    text="#F1F4F7",
    text2="#B1BBC6",
    text3="#A9B3BE",
    primary="#8CBBFF",
    on_primary="#06203F",
    primary_pressed="#B9D6FF",
    tonal="#1C3252",
    on_tonal="#B4D3FF",
    alarm="#AB1E1C",
    on_alarm="#FFFFFF",
    alarm_pressed="#8C1715",
    alarm_text="#FF9389",
    alarm_bg="#43171A",
    alarm_line="#FF9389",
    amber="#FFC65C",
    on_amber="#241A00",
    amber_line="#D9A03A",
    amber_bg="#3C2E12",
    amber_text="#FFD583",
    held="#B3BCC7",
    on_held="#14181D",
    held_bg="#20262D",
    hatch="#272E36",
    ok="#71DB9A",
    ok_bg="#15331F",
    ok_band="#5CCB88",
    prog="#87A9DC",
    track="#38424D",
    stale="#8E98A3",
    stale_bg="#1D2329",
    rail="#05070A",
    rail_on="#22282F",
    rail_text="#A2ACB7",
    on_rail="#FFFFFF",
    avatar="#37414C",
    on_avatar="#E6EBF0",
    focus="#C6A8FF",
    scrim="#000000",
    scrim_alpha=0.68,
)

TextRole = Literal[
    "caption",
    "body",
    "section",
    "name",
    "title",
    "clock",
    "numeral",
    "reading",
    "batch",
    "typing",
]

# Pixels at the reference screen (21.5 inch, 1920 x 1080), where 4 px are 1 mm.
TYPE_PX: Final[dict[TextRole, int]] = {
    "caption": 15,
    "body": 16,
    "section": 18,
    "name": 20,
    "title": 26,
    "clock": 34,
    "numeral": 44,
    "reading": 72,
    "batch": 104,
    "typing": 120,
}
MIN_TEXT_PX: Final = 15  # the smallest text that is read from arm's length through steam

REGULAR: Final = 400
MEDIUM: Final = 500
SEMIBOLD: Final = 600
TYPE_WEIGHT: Final[dict[TextRole, int]] = {
    "caption": REGULAR,
    "body": REGULAR,
    "section": SEMIBOLD,
    "name": SEMIBOLD,
    "title": SEMIBOLD,
    "clock": SEMIBOLD,
    "numeral": SEMIBOLD,
    "reading": SEMIBOLD,
    "batch": SEMIBOLD,
    "typing": SEMIBOLD,
}

SPACE_XS: Final = 4
SPACE_S: Final = 8
SPACE_M: Final = 12
SPACE_L: Final = 16
SPACE_XL: Final = 24

RADIUS_CHIP: Final = 6
RADIUS_BUTTON: Final = 8
RADIUS_CARD: Final = 10
RADIUS_SHEET: Final = 14

# Least sizes of things to touch, in millimetres (kiosk study: 20 mm keys with gloves).
BAR_MM: Final = 12.0  # top bar, never critical
CARD_MM: Final = 15.0
CHOICE_MM: Final = 18.0
PAGE_MM: Final = 20.0
SHEET_MM: Final = 22.0
PIN_KEY_MM: Final = 20.0
TEMPERATURE_KEY_MM: Final = (41.0, 33.0)
GLOVE_FACTOR: Final = 1.25

TAP_GUARD_MS: Final = 400  # a second tap on the same target within this time is a slip
KEY_GUARD_MS: Final = 120  # "77" is typed faster than 400 ms; below this it is contact bounce
ICON_STROKE: Final = 2.25  # thinner strokes vanish in glare
