"""Draws the body of a batch card and tile from plain values; it knows no batch and no rule."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from kiosk.theme import icons, paint
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import MEDIUM, RADIUS_CARD, SEMIBOLD
from kiosk.views.looks import CardLook, CardTone, ChipLook, ChipTone, Geometry
from kiosk.widgets.chip import HEIGHT_PX as CHIP_PX
from kiosk.widgets.chip import chip_width, paint_chip
from kiosk.widgets.limit_band import WIDTH_PX as BAND_PX
from kiosk.widgets.limit_band import paint_band
from kiosk.widgets.reading_value import STALE_ICON, paint_value, value_tint
from kiosk.widgets.stage_bar import HEIGHT_PX as STAGE_PX
from kiosk.widgets.stage_bar import paint_stages

PAD_PX = 16


_FULL = Geometry(58, 70, 52, 44, 24, 148, 175, 187, 222, 14)
_COMPACT = Geometry(47, 47, 40, 38, 20, 107, 131, 139, 160, 5)


def geometry(theme: Theme) -> Geometry:
    """The measures of a card for this window: six cards must fit on 720 lines."""
    return _COMPACT if theme.metrics.compact else _FULL


_CHIP_GAP_PX = 8
_CLOCK_SHARE = 0.53  # of the row, for the left numeral
_CLOCK_ICON_PX = 18

_CHIP_TONE: dict[CardTone, ChipTone] = {
    "normal": "info",
    "alarm": "alarm",
    "attention": "attention",
    "held": "held",
    "done": "ok",
    "cancelled": "neutral",
}


_HEAD_FILL: dict[CardTone, str] = {
    "alarm": "alarm",
    "attention": "amber_bg",
    "held": "held_bg",
}


def chips_of(look: CardLook) -> tuple[ChipLook, ...]:
    """The chips of the head, the state first and the waiting taps last."""
    chips: list[ChipLook] = []
    if look.chip_text or look.chip_icon:
        tone = _CHIP_TONE[look.tone]
        chips.append(ChipLook(look.chip_text, look.chip_icon, tone, look.chip_outlined))
    if look.pending:
        words = look.pending_text or str(look.pending)
        chips.append(ChipLook(words, "cloud-upload", "pending"))
    return tuple(chips)


def ground_of(look: CardLook) -> str:
    """The colour role under everything."""
    return "surface2" if look.tone == "cancelled" else "surface"


def paint_ground(painter: QPainter, rect: QRectF, look: CardLook, theme: Theme) -> None:
    """Card, border and the coloured head or hatch that tells its tone."""
    radius, head = theme.px(RADIUS_CARD), theme.px(geometry(theme).head)
    border, width = ("alarm_line", 2.0) if look.tone == "alarm" else ("line", 1.0)
    dashed = look.stale and look.tone != "alarm"
    if dashed:
        border, width = "line2", 1.5
    paint.box(painter, rect, fill=theme.code(ground_of(look)), radius=radius)
    top = QRectF(rect.left(), rect.top(), rect.width(), head)
    if look.tone in _HEAD_FILL:
        # A straight clip keeps the round corners smooth; a round one would be jagged.
        painter.save()
        painter.setClipRect(top, Qt.ClipOperation.IntersectClip)
        paint.box(painter, rect, fill=theme.code(_HEAD_FILL[look.tone]), radius=radius)
        painter.restore()
    if look.tone == "held":
        bottom = rect.top() + theme.px(geometry(theme).body - 2)
        body = QRectF(rect.left(), top.bottom(), rect.width(), bottom - top.bottom())
        painter.save()
        painter.setClipRect(body, Qt.ClipOperation.IntersectClip)
        paint.hatch(painter, body, theme.code("hatch"), theme.px(6), theme.px(10))
        painter.restore()
    if look.tone in ("normal", "done", "cancelled"):
        pad = theme.px(PAD_PX)
        line = QRectF(rect.left() + pad, top.bottom() - 1, rect.width() - 2 * pad, 1)
        painter.fillRect(line, theme.color("line"))
    paint.box(painter, rect, border=theme.code(border), width=width, radius=radius, dashed=dashed)


def paint_head(painter: QPainter, rect: QRectF, look: CardLook, theme: Theme) -> None:
    """Name and line below it at the left, chips at the right; the name may take two lines."""
    px = theme.px
    right = rect.right() - px(12)
    for chip in reversed(chips_of(look)):
        wide = min(chip_width(chip, theme), rect.width() * 0.5)
        box = QRectF(
            right - wide, rect.top() + (rect.height() - px(CHIP_PX)) / 2 - px(3), wide, px(CHIP_PX)
        )
        paint_chip(painter, box, chip, theme, on_alarm=look.tone == "alarm")
        right -= wide + px(_CHIP_GAP_PX)
    left = rect.left() + px(PAD_PX)
    tints: dict[CardTone, tuple[str, str]] = {
        "alarm": ("on_alarm", "on_alarm"),
        "attention": ("text", "amber_text"),
    }
    title_tint, line_tint = tints.get(look.tone, ("text", "text2"))
    title = theme.ink("name", title_tint, SEMIBOLD)
    title = paint.Ink(title.px, title.weight, title.color, look.tone == "cancelled")
    line = theme.ink("caption", line_tint)
    room = right - left
    if paint.advance(look.title, title.px, title.weight) > room:
        smaller = theme.ink("section", title_tint, SEMIBOLD)
        title = paint.Ink(smaller.px, smaller.weight, smaller.color, title.strike)
        if paint.advance(look.title, title.px, title.weight) > room:
            # A long name takes both lines: the name matters more than the line below it.
            box = QRectF(left, rect.top(), room, rect.height())
            paint.write(painter, box, look.title, title, max_lines=2)
            return
    top = rect.top() + (rect.height() - px(45)) / 2
    upper = QRectF(left, top, room, px(26))
    lower = QRectF(left, top + px(25), room, px(20))
    paint.write(painter, upper, look.title, title)
    paint.write(painter, lower, look.subtitle, line)


def head_rect(rect: QRectF, theme: Theme) -> QRectF:
    """Where name and chips stand."""
    return QRectF(rect.left(), rect.top(), rect.width(), theme.px(geometry(theme).head))


def clock_rect(rect: QRectF, theme: Theme) -> QRectF:
    """Where the left numeral and its caption stand: what changes every second."""
    px = theme.px
    return QRectF(
        rect.left() + px(PAD_PX),
        rect.top() + px(geometry(theme).number),
        (rect.width() - 2 * px(PAD_PX)) * _CLOCK_SHARE,
        px(geometry(theme).number_high + geometry(theme).caption_high),
    )


def temp_rect(rect: QRectF, theme: Theme) -> QRectF:
    """Where the right numeral, its caption and the band stand."""
    px = theme.px
    left = clock_rect(rect, theme).right() + px(8)
    return QRectF(
        left,
        rect.top() + px(geometry(theme).number),
        rect.right() - px(PAD_PX) - left,
        px(geometry(theme).band + 24 - geometry(theme).number),
    )


def stage_rect(rect: QRectF, theme: Theme) -> QRectF:
    """Where the four parts and the words below them stand."""
    px = theme.px
    top = rect.top() + px(geometry(theme).stage)
    wide = rect.width() - 2 * px(PAD_PX)
    return QRectF(
        rect.left() + px(PAD_PX), top, wide, px(geometry(theme).body - geometry(theme).stage)
    )


def numbers_rect(rect: QRectF, theme: Theme) -> QRectF:
    """Both numerals with their captions: the left caption may reach below the right numeral."""
    left = clock_rect(rect, theme)
    left.setRight(temp_rect(rect, theme).right())
    return left


def _numeral(theme: Theme, tint: str) -> paint.Ink:
    return paint.Ink(theme.px(geometry(theme).number_px), SEMIBOLD, theme.code(tint))


def _caption_room(rect: QRectF, look: CardLook, theme: Theme) -> float:
    """How wide the left caption may be: what the right one leaves of the row."""
    size = theme.metrics.text("caption")
    row = rect.width() / _CLOCK_SHARE
    taken = paint.advance(look.temp_caption, size, SEMIBOLD) + theme.px(30) if look.temp_text else 0
    return max(rect.width() * 0.7, row - taken)


def clock_reach(rect: QRectF, look: CardLook, theme: Theme) -> QRectF:
    """What the left numeral and its caption really cover of `rect` and beyond."""
    wide = paint.advance(look.clock_text, theme.px(geometry(theme).number_px), SEMIBOLD)
    if look.clock_caption:
        ink = theme.ink("caption", "text2")
        caption = paint.advance(look.clock_caption, ink.px, ink.weight) + theme.px(
            _CLOCK_ICON_PX + 4
        )
        wide = max(wide, min(caption, _caption_room(rect, look, theme)))
    return QRectF(rect.left(), rect.top(), wide + 1, rect.height())


def paint_clock(painter: QPainter, rect: QRectF, look: CardLook, theme: Theme) -> None:
    """The left numeral in `rect`; its caption takes what the right caption leaves of the row."""
    px = theme.px
    tint = "stale" if look.tone in ("held", "cancelled") else "text"
    number = QRectF(rect.left(), rect.top(), rect.width(), px(geometry(theme).number_high))
    unit = theme.ink("caption", "text2")
    paint_value(painter, number, look.clock_text, "", _numeral(theme, tint), unit)
    if not look.clock_caption:
        return
    side, ink = px(_CLOCK_ICON_PX), unit
    wide = _caption_room(rect, look, theme)
    line = QRectF(rect.left(), number.bottom(), wide, px(geometry(theme).caption_high))
    icons.draw(painter, look.clock_icon, line.left(), line.center().y() - side / 2, side, ink.color)
    indent = side + px(4) if look.clock_icon else 0
    paint.write(painter, line.adjusted(indent, 0, 0, 0), look.clock_caption, ink)


def paint_temp(painter: QPainter, rect: QRectF, look: CardLook, theme: Theme) -> None:
    """Number with raised unit, caption and band; with no number the caption stands alone."""
    px, right = theme.px, Qt.AlignmentFlag.AlignRight
    number = QRectF(rect.left(), rect.top(), rect.width(), px(geometry(theme).number_high))
    if not look.temp_text:
        ink = theme.ink("body", "text2")
        icon = look.temp_icon or "thermometer"
        _write_right(painter, number, look.temp_caption, ink, icon, theme)
        return
    judged = look.temp_judged
    tint = "stale" if look.tone == "held" and judged != "alarm" else value_tint(judged)
    unit = theme.ink("section", "text2" if judged != "alarm" else "alarm_text", 400)
    paint_value(painter, number, look.temp_text, look.temp_unit, _numeral(theme, tint), unit, right)
    room = paint.advance(look.temp_caption, theme.metrics.text("caption"), SEMIBOLD) + px(24)
    reach = min(max(rect.width(), room), rect.width() * 1.3)
    line = QRectF(rect.right() - reach, number.bottom(), reach, px(geometry(theme).caption_high))
    alarm = judged == "alarm"
    strong = SEMIBOLD if alarm else MEDIUM if judged == "stale" else 400
    ink = theme.ink("caption", "alarm_text" if alarm else "text2", strong)
    icon = STALE_ICON if judged == "stale" else look.temp_icon
    _write_right(painter, line, look.temp_caption, ink, icon, theme)
    if look.band is not None:
        wide = min(rect.width(), px(BAND_PX))
        top = rect.top() + px(geometry(theme).band - geometry(theme).number)
        band = QRectF(rect.right() - wide, top, wide, px(18))
        paint_band(painter, band, look.band, judged, theme)


def paint_stage(painter: QPainter, rect: QRectF, look: CardLook, theme: Theme) -> None:
    px = theme.px
    bar = QRectF(rect.left(), rect.top(), rect.width(), px(STAGE_PX))
    paint_stages(painter, bar, look.stage_index, look.stage_fraction, theme)
    top = rect.top() + px(geometry(theme).stage_text - geometry(theme).stage)
    line = QRectF(rect.left(), top, rect.width(), px(22))
    right = line.right()
    if look.qc_text:
        tint = "ok" if look.qc_done else "text2"
        ink = theme.ink("caption", tint, SEMIBOLD if look.qc_done else MEDIUM)
        icon = "circle-check" if look.qc_done else look.qc_icon
        right -= _write_right(painter, line, look.qc_text, ink, icon, theme) + px(8)
    name, caption = theme.ink("caption", "text", SEMIBOLD), theme.ink("caption", "text2")
    room = QRectF(line.left(), line.top(), right - line.left(), line.height())
    wide = paint.write(painter, room, look.stage_text, name)
    rest = room.adjusted(wide + px(5), 0, 0, 0)
    if rest.width() > px(24):
        paint.write(painter, rest, look.stage_caption, caption)


def _write_right(
    painter: QPainter, rect: QRectF, text: str, ink: paint.Ink, icon: str, theme: Theme
) -> float:
    """Icon and word pushed to the right edge; returns the width used."""
    side = theme.px(18) if icon else 0
    gap = theme.px(4) if icon else 0
    shown = paint.elide(text, ink.px, ink.weight, int(rect.width() - side - gap))
    wide = paint.advance(shown, ink.px, ink.weight)
    x = rect.right() - wide
    paint.write(painter, QRectF(x, rect.top(), wide + 1, rect.height()), shown, ink)
    if icon:
        y = rect.center().y() - side / 2
        icons.draw(painter, icon, x - side - gap, y, side, ink.color)
    return wide + side + gap
