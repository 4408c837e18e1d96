"""Two kiosks offline contradict each other: the refused tap becomes an item that the head settles."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dapur.review import Answer, open_reviews
from dapur.stage import Stage
from tests.support.journey import place

COOK, HEAD = "s-joko", "s-hendra"
CODE = "G1-03"


@pytest.mark.timeout(120)
async def test_tap_refused_by_a_hold_waits_until_the_head_repeats_it(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Masak 1", "Kepala") as here:
        near, far = here.kiosks
        await near.sign_in(COOK)
        await far.sign_in(HEAD)
        near.app.window.show_page("board", "")
        far.app.window.show_page("board", "")
        batch = near.id_of(CODE)

        near.cable.pull()
        await near.is_offline()
        await far.tap(f"card.{batch}.hold")
        await far.tap("hold.reason.allergen")
        await far.tap("hold.confirm")
        await far.card_says(CODE, "Ditahan")
        await far.has_sent_all()

        await near.tap(f"card.{batch}.advance")
        await near.card_says(CODE, "Persiapan")
        near.cable.plug()
        await near.tap("top.connection")
        await near.is_online()
        await near.has_sent_all()
        # The line may have come back by itself: the badge, by then red, led to the inbox.
        near.app.window.show_page("board", "")
        await near.card_says(CODE, "Ditahan")
        assert near.batch(CODE).stage is Stage.PLANNED
        await far.see(lambda: len(open_reviews(far.app.floor.kitchen)) == 1, "no review item")
        assert near.app.floor.connection == "refused"
        await near.tap("toast")
        await near.see(lambda: near.app.window.page[0] == "review", "the toast does not lead there")

        await far.tap(f"card.{batch}.release")
        await far.tap("release.decision.continue")
        await far.type("release.sign.pad", "135790")
        await far.see(lambda: not far.batch(CODE).held, "still held")
        await far.tap("nav.review")
        await far.tap("review.answer.redo")
        await far.see(lambda: far.batch(CODE).stage is Stage.PREPARING, "not repeated")
        await near.see(lambda: not open_reviews(near.app.floor.kitchen), "the item is still open")
        (item,) = near.app.floor.kitchen.reviews.values()
        assert item.settled is not None
        assert item.settled.answer is Answer.REDO
        assert item.settled.actor == HEAD
