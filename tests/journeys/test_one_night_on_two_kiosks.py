"""A cook takes a batch from plan to completed, through a failed check; a second kiosk shows each step."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dapur.stage import Stage
from tests.support.journey import PIN, Kiosk, place

CODE = "G1-02"
COOK, NUTRITIONIST = "s-joko", "s-ratna"
SENSES = ("APPEARANCE", "AROMA", "TASTE", "TEXTURE")
REST = ("TEMPERATURE", "HYGIENE", "SAMPLE")


async def finish_steps(kiosk: Kiosk, code: str) -> None:
    """Tick every step of the recipe on the batch page."""
    for number in range(1, len(kiosk.batch(code).plan.steps) + 1):
        if number in {row.step for row in kiosk.batch(code).steps_done}:
            continue
        await kiosk.tap(f"batch.step.{number}.done")
        await kiosk.see(
            lambda number=number: number in {row.step for row in kiosk.batch(code).steps_done},  # type: ignore[misc]
            f"step {number} is not ticked",
        )


async def measure(kiosk: Kiosk, digits: str) -> None:
    """Measure on the batch page."""
    await kiosk.tap("batch.measure")
    await kiosk.type("measure.pad", digits)
    await kiosk.tap("measure.confirm")


async def sign(kiosk: Kiosk, pad: str) -> None:
    """The nutritionist's PIN."""
    await kiosk.type(pad, PIN)


async def cook_until_check(near: Kiosk, far: Kiosk, code: str, core: str) -> None:
    """From the board to the quality check."""
    await near.tap(f"card.{near.id_of(code)}.advance")
    await far.card_says(code, "Persiapan")
    await near.tap(f"card.{near.id_of(code)}.advance")
    await far.card_says(code, "Masak")
    near.app.window.show_page("batch", near.id_of(code))
    await measure(near, "61,8")
    await far.card_says(code, "61,8")
    await measure(near, core)
    await far.card_says(code, core)
    await finish_steps(near, code)
    await near.tap("batch.advance")
    await far.card_says(code, "Isi uji mutu")


async def fill_check(kiosk: Kiosk, *, failed: str = "") -> None:
    """Judge every item; a failed one gets its corrective action."""
    for item in (*SENSES, *REST):
        await kiosk.tap(f"quality.{item}.{'fail' if item == failed else 'pass'}")
        if item == failed:
            await kiosk.tap("quality.fix.dilute")


@pytest.mark.timeout(120)
async def test_cook_takes_a_batch_through_a_failed_check_while_the_other_kiosk_watches(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Masak 1", "Mutu") as here:
        near, far = here.kiosks
        await near.sign_in(COOK)
        near.app.window.show_page("board", "")
        await cook_until_check(near, far, CODE, "80,5")

        near.app.window.show_page("quality", near.id_of(CODE))
        await fill_check(near, failed="TASTE")
        await near.see(lambda: "ditahan" not in near.card_text(CODE), "held before the signature")
        await sign(near, "quality.sign.pad")
        await far.card_says(CODE, "Ditahan")
        assert near.batch(CODE).held

        near.app.window.show_page("board", "")
        await near.tap(f"card.{near.id_of(CODE)}.release")
        await near.tap("release.decision.rework")
        await sign(near, "release.sign.pad")
        await far.see(lambda: far.batch(CODE).round == 2, "no second round")
        await far.card_says(CODE, "Masak")

        near.app.window.show_page("batch", near.id_of(CODE))
        await measure(near, "82,0")
        await finish_steps(near, CODE)
        await near.tap("batch.advance")
        await far.card_says(CODE, "Isi uji mutu")
        near.app.window.show_page("quality", near.id_of(CODE))
        await fill_check(near)
        await sign(near, "quality.sign.pad")
        near.app.window.show_page("board", "")
        await near.tap(f"card.{near.id_of(CODE)}.complete")
        await near.tap("complete.confirm")

        await far.see(lambda: far.batch(CODE).stage is Stage.COMPLETED, "never completed")
        await near.has_sent_all()
        assert far.batch(CODE) == near.batch(CODE)
        assert [verdict.passed for verdict in near.batch(CODE).verdicts] == [False, True]
        started = near.batch(CODE).consumption_started_ms
        assert started is not None
        assert started < near.batch(CODE).verdicts[0].at.earliest_ms, "rework must not reset it"
