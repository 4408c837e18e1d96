"""A dish left the heat too cold: both kiosks are heard, one is muted by name, one hand stops it, a reading ends it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import msgspec
import pytest
from PySide6.QtWidgets import QApplication

from dapur.ids import StaffId
from dapur.progress import AdvanceBatchArgs, FinishStepArgs
from dapur.temperature import RecordTemperatureArgs
from kiosk.views.sound import ringing
from kiosk.widgets.alert_row import AlertRow
from kiosk.widgets.resolved_row import ResolvedRow
from kiosk.widgets.text_block import TextBlock
from tests.support.journey import Kiosk, place

CODE = "G1-02"
COOK, OTHER_COOK = "s-joko", "s-budi"
RULE = "cold_left_heat"
QUICK_MS = 250


def give_ears(kiosk: Kiosk, folder: Path) -> Path:
    """A player that writes down what it was to play, and seconds that pass quickly."""
    kiosk.app.window._tick.setInterval(QUICK_MS)
    heard, script = folder / f"{kiosk.name}.heard", folder / "player.py"
    script.write_text("import sys; open(sys.argv[1], 'a').write(sys.argv[2] + '\\n')")
    heard.touch()
    kiosk.app.start_sounds()
    assert kiosk.app.floor.sounds is not None
    words = (sys.executable, "-S", str(script), str(heard))
    kiosk.app.floor.sounds.set_command(" ".join(map(shlex.quote, words)))
    return heard


def alarms(heard: Path) -> int:
    return sum("critical" in line for line in heard.read_text().splitlines())


async def pass_ticks(kiosk: Kiosk, count: int) -> None:
    """So many looks of the kiosk, however slow the machine."""
    ticks: list[None] = []
    kiosk.app.floor.ticked.connect(lambda: ticks.append(None))
    await kiosk.see(lambda: len(ticks) >= count, "the kiosk's second does not pass")


async def falls_silent(kiosk: Kiosk) -> None:
    """What began before the tap is played out."""
    await pass_ticks(kiosk, 1)
    sounds = kiosk.app.floor.sounds
    assert sounds is not None
    await kiosk.see(lambda: sounds.playing is None, "something is still playing")


def tap(kiosk: Kiosk, kind: str, args: msgspec.Struct) -> None:
    """What other journeys do by hand."""
    assert kiosk.app.floor.tap(kind, kiosk.id_of(CODE), args) is not None, kind


async def leave_the_heat(kiosk: Kiosk) -> None:
    """Cooked by the book, warm enough once."""
    for to in ("preparing", "cooking"):
        tap(kiosk, "advance_batch", AdvanceBatchArgs(to=to))
    tap(kiosk, "record_temperature", RecordTemperatureArgs(80.0))
    for step in range(1, len(kiosk.batch(CODE).plan.steps) + 1):
        tap(kiosk, "finish_step", FinishStepArgs(step=step))
    tap(kiosk, "advance_batch", AdvanceBatchArgs(to="quality_check"))
    await kiosk.has_sent_all()


async def measure(kiosk: Kiosk, digits: str) -> None:
    """On the open sheet."""
    await kiosk.type("measure.pad", digits)
    await kiosk.tap("measure.confirm")


def key_of(kiosk: Kiosk) -> str:
    """The alarm that stands, empty when none does."""
    found = (each.key for each in kiosk.app.floor.alerts if each.rule == RULE)
    return next(found, "")


def row_of(kiosk: Kiosk, key: str) -> AlertRow | None:
    found = kiosk.find(f"alert.row.{key}")
    return found if isinstance(found, AlertRow) else None


def says(kiosk: Kiosk, text: str) -> bool:
    blocks = kiosk.app.window.findChildren(TextBlock)
    return any(text in each.text() for each in blocks if each.isVisible())


@pytest.mark.timeout(240)
async def test_cold_dish_is_heard_muted_handled_and_measured_online_and_offline(
    tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ringing, "AGAIN_MS", QUICK_MS)
    async with place(tmp_path, qapp, "Masak 1", "Masak 2") as here:
        near, far = here.kiosks
        await near.sign_in(COOK)
        await far.sign_in(OTHER_COOK)
        near_heard, far_heard = give_ears(near, tmp_path), give_ears(far, tmp_path)
        await leave_the_heat(near)
        await pass_ticks(near, 2)
        assert alarms(near_heard) == 0

        near.app.window.perform("measure", near.id_of(CODE))
        await measure(near, "60,0")
        await near.see(lambda: alarms(near_heard) > 1, "not heard again and again here")
        await far.see(lambda: alarms(far_heard) > 0, "not heard there")
        key = key_of(near)
        await near.see(lambda: key in near.app.floor.kitchen.alerts, "not in the log")
        assert key == key_of(far), "one alarm, whoever saw it first"

        await far.tap("nav.alerts")
        await near.tap("nav.alerts")
        await far.tap("alerts.mute")
        await near.see(lambda: says(near, "oleh Budi S."), "who muted the other kiosk is not told")
        await far.see(lambda: says(far, "Kios ini bisu"), "its own mute is not told")
        await falls_silent(far)
        before = alarms(far_heard), alarms(near_heard)
        await pass_ticks(far, 3)
        assert alarms(far_heard) == before[0], "muted, and heard"
        await near.see(lambda: alarms(near_heard) > before[1], "the mute is for one kiosk only")

        await near.tap(f"alert.{key}")
        await far.see(
            lambda: (row := row_of(far, key)) is not None and row.look().who == "Joko P.",
            "who handles it is not told",
        )
        await falls_silent(far)
        await falls_silent(near)
        before = alarms(far_heard), alarms(near_heard)
        await pass_ticks(near, 3)
        assert (alarms(far_heard), alarms(near_heard)) == before, "handled, and heard"

        await near.tap(f"alert.{key}")
        await measure(near, "82,0")
        for kiosk in (near, far):
            await kiosk.see(lambda: row_of(kiosk, key) is None, "still open")  # noqa: B023 - awaited here
            await kiosk.see(lambda: kiosk.find(f"alert.resolved.{key}") is not None, "not listed")  # noqa: B023
        over = far.find(f"alert.resolved.{key}")
        assert isinstance(over, ResolvedRow)
        assert "60,0 → 82,0 °C" in over.look().detail
        assert over.look().who.startswith("Joko P. · ")

        await offline_alarm_is_handled_here_and_known_there(near, far, near_heard)


async def offline_alarm_is_handled_here_and_known_there(
    near: Kiosk, far: Kiosk, heard: Path
) -> None:
    """The line is down: the kiosk raises, sounds and settles by itself; the log says it once."""
    near.cable.pull()
    await near.is_offline()
    before = alarms(heard)
    near.app.window.perform("measure", near.id_of(CODE))
    await measure(near, "55,0")
    await near.see(lambda: alarms(heard) > before, "offline it is not heard")
    key = key_of(near)
    assert key not in near.app.floor.kitchen.alerts
    await near.tap(f"alert.{key}")
    await near.see(
        lambda: (row := row_of(near, key)) is not None and row.look().own, "not the cook's own"
    )
    near.cable.plug()
    near.app.floor.try_now()
    await near.is_online()
    await near.has_sent_all()
    await far.see(
        lambda: (
            key in far.app.floor.kitchen.alerts
            and far.app.floor.kitchen.alerts[key].owner == StaffId(COOK)
        ),
        "the other kiosk does not know who handles it",
    )
    same = [each for each in far.app.floor.kitchen.alerts if each.startswith(f"{RULE}:")]
    assert len(same) == 2, "the one of before, and this one once"
