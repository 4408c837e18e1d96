"""A card keeps its picture: whatever came before, it looks as a fresh one; and memory stays bounded."""

from __future__ import annotations

from itertools import permutations

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from kiosk.theme.theme import Theme
from kiosk.views.looks import BandLook, CardLook
from kiosk.widgets import kept_picture
from kiosk.widgets.batch_card import BatchCard
from kiosk.widgets.kept_picture import KeptPicture
from tests.kiosk.widgets.gallery import CARDS

SIZE = QSize(437, 300)
NORMAL = next(look for look in CARDS if look.tone == "normal" and look.band and look.buttons)
CHANGED: tuple[CardLook, ...] = (
    NORMAL,
    replace(NORMAL, temp_text="61,8", temp_judged="alarm", band=BandLook(61.8, 75.0, 0.0, 100.0)),
    replace(NORMAL, clock_text="12j 59m", clock_caption="sampai siap"),
    replace(NORMAL, stage_index=3, stage_fraction=0.5, stage_text="Mutu"),
    replace(NORMAL, chip_text="Terlambat", chip_icon="triangle-alert", tone="alarm"),
    replace(NORMAL, tone="held"),
    replace(NORMAL, tone="held", temp_text="12,3", clock_text="0j 01m"),
    replace(NORMAL, tone="cancelled", clock_text="–"),
    replace(NORMAL, stale=True),
)


def shown(card: BatchCard) -> QImage:
    """The card as it is now, on the ground of the board."""
    made = QImage(card.size(), QImage.Format.Format_RGB32)
    made.fill(QColor("#808080"))
    card.render(made)
    return made


def fresh(theme: Theme, look: CardLook, qtbot: QtBot) -> QImage:
    card = BatchCard(theme, look)
    qtbot.addWidget(card)
    card.resize(SIZE)
    return shown(card)


def difference(one: QImage, other: QImage) -> int:
    """The largest difference of a channel."""
    assert one.size() == other.size()
    pairs = zip(bytes(one.constBits()), bytes(other.constBits()), strict=True)
    return max(abs(a - b) for a, b in pairs if a != b) if one != other else 0


@pytest.mark.parametrize("dark", [False, True])
def test_card_looks_as_a_fresh_one_whatever_it_showed_before(
    theme: Theme, qtbot: QtBot, dark: bool
) -> None:
    theme.set_dark(dark)
    pictures = {look: fresh(theme, look, qtbot) for look in CHANGED}
    assert all(pictures[a] != pictures[b] for a, b in permutations(CHANGED, 2))
    card = BatchCard(theme, NORMAL)
    qtbot.addWidget(card)
    card.resize(SIZE)
    for before, after in permutations(CHANGED, 2):
        card.set_look(before)
        shown(card)
        card.set_look(after)
        assert difference(shown(card), pictures[after]) <= 2, (before, after)


def test_card_is_drawn_anew_when_the_palette_or_its_size_changes(
    theme: Theme, qtbot: QtBot
) -> None:
    card = BatchCard(theme, NORMAL)
    qtbot.addWidget(card)
    card.resize(SIZE)
    day = shown(card)
    theme.set_dark(True)
    assert difference(shown(card), day) > 100
    theme.set_dark(False)
    assert shown(card) == day
    card.resize(SIZE.width() - 60, SIZE.height())
    assert shown(card).size() == card.size()


def test_buttons_of_one_face_share_it_and_pressed_or_closed_ones_have_their_own(
    theme: Theme, qtbot: QtBot
) -> None:
    assert fresh(theme, NORMAL, qtbot) != fresh(theme, _closed(NORMAL), qtbot)
    card = BatchCard(theme, NORMAL)
    qtbot.addWidget(card)
    card.resize(SIZE)
    up = shown(card)
    button = card.button(NORMAL.buttons[-1].action)
    assert button is not None
    button.setDown(True)
    assert shown(card) != up
    button.setDown(False)
    assert shown(card) == up


def _closed(look: CardLook) -> CardLook:
    return replace(look, buttons=tuple(replace(b, enabled=False, reason="-") for b in look.buttons))


def test_longest_unseen_pictures_go_when_too_many_are_kept(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_picture, "_kept", type(kept_picture._kept)())
    monkeypatch.setattr(kept_picture, "KEPT_BYTES", 3 * 4 * 100 * 100)
    drawn: list[int] = []
    pictures: list[KeptPicture] = []
    for _ in range(4):
        widget = QWidget()
        qtbot.addWidget(widget)
        widget.resize(100, 100)
        pictures.append(KeptPicture(widget))
    target = QImage(100, 100, QImage.Format.Format_RGB32)

    def show(number: int) -> None:
        painter = QPainter(target)
        whole = QRect(0, 0, 100, 100)
        pictures[number].paint(painter, whole, lambda _painter, _part: drawn.append(number), 100)
        painter.end()

    for number in (0, 1, 2, 0, 3, 0, 2, 1):
        show(number)
    assert drawn == [0, 1, 2, 3, 1]
