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
    for value in ("61,8", core):
        await measure(near, value)
        wanted = float(value.replace(",", "."))
        await far.see(
            lambda wanted=wanted: wanted in {row.value_c for row in far.batch(code).readings},  # type: ignore[misc]
            f"{value} is not there",
        )
    await finish_steps(near, code)
    await near.tap("batch.advance")
    await far.see(lambda: far.batch(code).stage is Stage.QUALITY_CHECK, "not to check")
    if far is not near:
        assert core in far.card_text(code)
        await far.card_says(code, "Isi uji mutu")


async def fill_check(kiosk: Kiosk, *, failed: str = "") -> None:
    """Judge every item; a failed one gets its corrective action."""
    for item in (*SENSES, *REST):
        await kiosk.tap(f"quality.{item}.{'fail' if item == failed else 'pass'}")
        if item == failed:
            await kiosk.tap("quality.fix.dilute")


async def check_fails_then_rework_passes(near: Kiosk, watcher: Kiosk) -> None:
    """From a failed check through corrective action and rework to completed."""
    near.app.window.show_page("quality", near.id_of(CODE))
    await fill_check(near, failed="TASTE")
    assert not near.batch(CODE).held, "held before the signature"
    await sign(near, "quality.sign.pad")
    await watcher.see(lambda: watcher.batch(CODE).held, "not held")

    near.app.window.show_page("board", "")
    await near.tap(f"card.{near.id_of(CODE)}.release")
    await near.tap("release.decision.rework")
    await sign(near, "release.sign.pad")
    await watcher.see(lambda: watcher.batch(CODE).round == 2, "no second round")
    await watcher.card_says(CODE, "Masak")

    near.app.window.show_page("batch", near.id_of(CODE))
    await measure(near, "82,0")
    await finish_steps(near, CODE)
    await near.tap("batch.advance")
    await watcher.see(lambda: watcher.batch(CODE).stage is Stage.QUALITY_CHECK, "not to check")
    near.app.window.show_page("quality", near.id_of(CODE))
    await fill_check(near)
    await sign(near, "quality.sign.pad")
    await near.see(lambda: near.app.window.page[0] == "batch", "the sheet is still open")
    near.app.window.show_page("board", "")
    await near.tap(f"card.{near.id_of(CODE)}.complete")
    await near.tap("complete.confirm")


def is_one_whole_story(near: Kiosk, far: Kiosk) -> None:
    """Both show the same, everything once, and the consumption clock never went back."""
    batch = far.batch(CODE)
    assert batch == near.batch(CODE)
    assert [verdict.passed for verdict in batch.verdicts] == [False, True]
    assert [reading.value_c for reading in batch.readings] == [61.8, 80.5, 82.0]
    started = batch.consumption_started_ms
    assert started is not None
    assert started < batch.verdicts[0].at.earliest_ms, "rework must not reset it"


async def recall(kiosk: Kiosk) -> None:
    """From the page of what is over: somebody doubts the food after all."""
    await kiosk.tap("nav.menu")
    await kiosk.tap("menu.completed")
    await kiosk.tap(f"completed.{kiosk.id_of(CODE)}.hold")
    await kiosk.tap("hold.reason.ingredient")
    await kiosk.tap("hold.confirm")


@pytest.mark.timeout(150)
async def test_cook_takes_a_batch_through_a_failed_check_while_the_other_kiosk_watches(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Masak 1", "Mutu") as here:
        near, far = here.kiosks
        await near.sign_in(COOK)
        near.app.window.show_page("board", "")
        await cook_until_check(near, far, CODE, "80,5")
        await check_fails_then_rework_passes(near, far)
        await far.see(lambda: far.batch(CODE).stage is Stage.COMPLETED, "never completed")
        await near.has_sent_all()
        is_one_whole_story(near, far)
        await recall(near)
        await far.see(lambda: far.batch(CODE).held, "the recall never came")
        await far.card_says(CODE, "Ditahan")


@pytest.mark.timeout(150)
async def test_cook_takes_a_batch_through_a_failed_check_with_the_cable_out(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Masak 1", "Mutu") as here:
        near, far = here.kiosks
        # Who signs offline must have signed in here before: the kiosk then knows the PIN.
        await near.sign_in(NUTRITIONIST)
        await near.sign_in(COOK)
        await near.has_sent_all()
        near.cable.pull()
        await near.is_offline()
        near.app.window.show_page("board", "")
        await cook_until_check(near, near, CODE, "80,5")
        await check_fails_then_rework_passes(near, near)
        await near.see(lambda: near.batch(CODE).stage is Stage.COMPLETED, "not completed offline")
        assert far.batch(CODE).stage is Stage.PLANNED

        near.cable.plug()
        await near.tap("top.connection")
        await near.is_online()
        await near.has_sent_all()
        await far.see(lambda: far.batch(CODE).stage is Stage.COMPLETED, "never arrived")
        is_one_whole_story(near, far)
        assert not near.app.floor.kitchen.reviews, "nothing was refused"
