"""The palettes' contrast, computed as WCAG 2 does."""

import pytest

from kiosk.theme.tokens import DARK, LIGHT, Palette

PALETTES = {"light": LIGHT, "dark": DARK}
# word on ground; every text of the kiosk is one of these pairs
TEXT = (
    ("text", "surface"),
    ("text", "surface2"),
    ("text", "bg"),
    ("text2", "surface"),
    ("text2", "bg"),
    ("text2", "surface2"),
    ("text2", "held_bg"),
    ("text3", "surface"),
    ("on_primary", "primary"),
    ("on_primary", "primary_pressed"),
    ("on_tonal", "tonal"),
    ("text", "tonal"),
    ("on_alarm", "alarm"),
    ("on_alarm", "alarm_pressed"),
    ("alarm_text", "surface"),
    ("alarm_text", "alarm_bg"),
    ("text", "alarm_bg"),
    ("on_amber", "amber"),
    ("text", "amber_bg"),
    ("amber_text", "amber_bg"),
    ("on_held", "held"),
    ("text", "held_bg"),
    ("ok", "surface"),
    ("ok", "ok_bg"),
    ("on_rail", "rail"),
    ("on_rail", "rail_on"),
    ("rail_text", "rail"),
    ("on_avatar", "avatar"),
    ("surface", "text"),
)
# Blocked labels stand on a slightly tinted ground: a hair below the rule for running text.
BLOCKED = (("text3", "surface2"), ("text2", "surface3"))
CONTROLS = (
    ("line2", "surface"),
    ("prog", "track"),
    ("prog", "surface"),
    ("focus", "surface"),
    ("focus", "bg"),
    ("ok_band", "surface"),
    ("alarm_line", "surface"),
    ("stale", "surface"),
    ("stale", "stale_bg"),
)


def luminance(code: str) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(code[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(palette: Palette, one: str, other: str) -> float:
    bright, dark = sorted(
        (luminance(getattr(palette, one)), luminance(getattr(palette, other))), reverse=True
    )
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("pair", TEXT, ids="-on-".join)
def test_text_has_contrast_of_seven(name: str, pair: tuple[str, str]) -> None:
    assert contrast(PALETTES[name], *pair) >= 7.0


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("pair", BLOCKED, ids="-on-".join)
def test_blocked_label_has_contrast_of_six(name: str, pair: tuple[str, str]) -> None:
    assert contrast(PALETTES[name], *pair) >= 6.0


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("pair", CONTROLS, ids="-on-".join)
def test_control_has_contrast_of_three(name: str, pair: tuple[str, str]) -> None:
    assert contrast(PALETTES[name], *pair) >= 3.0
