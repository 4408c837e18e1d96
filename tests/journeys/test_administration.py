"""The head of kitchen lets a kiosk in and shuts it out, gives a PIN and moves a limit; other kiosks show it at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dapur.policy import COMMON_WINDOW_MIN
from dapur.progress import AdvanceBatchArgs, FinishStepArgs
from dapur.stage import Stage
from dapur.temperature import RecordTemperatureArgs
from kiosk.link.status import LinkState
from kiosk.widgets.code_panel import CodePanel
from kiosk.widgets.key_pad import KeyPad
from kiosk.widgets.record_row import RecordRow
from tests.support.journey import PIN, Kiosk, Place, place
from tests.support.proxy import Cable

HEAD, COOK, CODE = "s-hendra", "s-sari", "G1-02"
NEW_PIN = "246813"
SHORTER_MIN = 200


async def write(kiosk: Kiosk, text: str) -> None:
    for letter in text:
        await kiosk.tap(f"writing.keys.{letter}")
    await kiosk.tap("writing.confirm")


async def keys(kiosk: Kiosk, name: str, digits: str) -> None:
    """The keys by their own door: that a finger hits them is shown once, when the kiosk is let in."""
    await kiosk.see(lambda: isinstance(kiosk.find(name), KeyPad), f"no {name}")
    pad = kiosk.find(name)
    assert isinstance(pad, KeyPad)
    for digit in digits:
        pad.press(digit)


async def sign(kiosk: Kiosk, *, by_touch: bool = False) -> None:
    if by_touch:
        await kiosk.type("ask.sign.pad", PIN)
    else:
        await kiosk.see(
            lambda: (key := kiosk.find("ask.sign.pad.0")) is not None and key.isEnabled(),
            "the keys are closed",
        )
        await keys(kiosk, "ask.sign.pad", PIN)
    await kiosk.see(lambda: kiosk.find("ask") is None, "the sheet stays open")


async def code_for(kiosk: Kiosk, name: str) -> str:
    """By touch, as the head does it."""
    await kiosk.tap("admin.enrol")
    await write(kiosk, name)
    await sign(kiosk, by_touch=True)
    await kiosk.see(lambda: kiosk.find("admin.code") is not None, "no code")
    panel = kiosk.find("admin.code")
    assert isinstance(panel, CodePanel)
    return panel.code()


async def open_by(here: Place, folder: Path, qapp: QApplication, code: str) -> Kiosk:
    """A fresh kiosk into which somebody typed the code."""
    cable = Cable("127.0.0.1", here.server.port)
    await cable.start()
    here._cables.append(cable)
    made = Kiosk(folder, qapp, cable, "", len(here.kiosks))
    await made.open(code)
    here.kiosks.append(made)
    await made.is_online()
    return made


async def open_admin(kiosk: Kiosk, tab: str) -> None:
    await kiosk.tap("nav.menu")
    await kiosk.tap("menu.admin")
    await kiosk.tap(f"admin.tab.{tab}")


async def cook(kiosk: Kiosk) -> None:
    """The dish leaves the heat; the way there is told in other journeys."""
    floor, batch = kiosk.app.floor, kiosk.batch(CODE)
    floor.tap("advance_batch", batch.id, AdvanceBatchArgs(to="preparing", round=batch.round))
    floor.tap("advance_batch", batch.id, AdvanceBatchArgs(to="cooking", round=batch.round))
    floor.tap("record_temperature", batch.id, RecordTemperatureArgs(86.0))
    for step in range(1, len(batch.plan.steps) + 1):
        floor.tap("finish_step", batch.id, FinishStepArgs(step=step))
    floor.tap("advance_batch", batch.id, AdvanceBatchArgs(to="quality_check", round=batch.round))
    await kiosk.has_sent_all()
    assert kiosk.batch(CODE).stage is Stage.QUALITY_CHECK


def eat_by(kiosk: Kiosk, minutes: float) -> str:
    started_ms = kiosk.batch(CODE).consumption_started_ms
    assert started_ms is not None
    return f"Habiskan sebelum {kiosk.app.floor.clock(started_ms + int(minutes * 60_000))}"


def says_revoked(kiosk: Kiosk, device: str) -> bool:
    row = kiosk.find(f"admin.kiosks.{device}")
    chip = row.look().chip if isinstance(row, RecordRow) else None
    return chip is not None and chip.text == "Dicabut"


@pytest.mark.timeout(300)
async def test_head_lets_a_kiosk_in_gives_a_pin_moves_a_limit_and_shuts_the_kiosk_out(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Masak 1") as here:
        (near,) = here.kiosks
        await near.sign_in(HEAD)
        await open_admin(near, "kiosks")
        far = await open_by(here, tmp_path / "added", qapp, await code_for(near, "dua"))
        await far.see(lambda: far.app.floor.kiosk_name == "Dua", "it is called otherwise")
        device = far.app.kiosk.device
        await near.tap("admin.code.close")

        await near.tap("admin.tab.staff")
        await near.tap(f"admin.staff.{COOK}.pin")
        for _ in range(2):
            await keys(near, "new_pin.pad", NEW_PIN)
        await sign(near)
        await far.sign_in(COOK, NEW_PIN)

        far.app.window.show_page("board", "")
        await cook(far)
        await far.card_says(CODE, eat_by(far, COMMON_WINDOW_MIN))
        near.cable.pull()
        await near.is_offline()
        await near.tap("admin.tab.policy")
        await near.tap("admin.policy.consume_within_min.change")
        await keys(near, "form.pad", str(SHORTER_MIN))
        await near.tap("form.source")
        for letter in "sk":
            await near.tap(f"form.source.keyboard.{letter}")
        await near.tap("form.source.sheet.confirm")
        await near.tap("form.confirm")
        await sign(near)
        assert near.app.floor.unsent
        await near.tap("admin.tab.kiosks")
        await near.see(
            lambda: (button := near.find("admin.enrol")) is not None and not button.isEnabled(),
            "it can be asked without a line",
        )
        near.cable.plug()
        await near.is_online()
        await near.has_sent_all()
        await far.card_says(CODE, eat_by(far, SHORTER_MIN))
        limit = far.app.floor.kitchen.policy.consume_within_min
        assert (limit.value, limit.source) == (SHORTER_MIN, "Sk")

        await near.tap("admin.refresh")
        await near.tap(f"admin.kiosks.{device}.revoke")
        await near.tap("ask.consent")
        await sign(near)
        await far.see(lambda: far.app.floor.status.state is LinkState.REVOKED, "it is still let in")
        await near.see(lambda: says_revoked(near, device), "the list does not say so")
