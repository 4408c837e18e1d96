"""The write door: what is written, what is refused at once, and who hears of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dapur.batch import Item, Point
from dapur.envelope import Quality, decode_command
from dapur.ids import CommandId
from dapur.progress import AdvanceBatchArgs, NoteBatchArgs, UndoArgs
from dapur.quality import GiveVerdictArgs, RecordCheckArgs
from dapur.refusal import BadArgs, NoSession, NotAllowed, StepUpNeeded, WrongStage
from dapur.stage import Stage
from dapur.temperature import RecordTemperatureArgs
from kiosk.desk import DiskRefused, Tapped, WouldBeRefused
from tests.support.night import BUDI, CHICKEN, RINA, SARI
from tests.support.offline_kiosk import OfflineKiosk


@pytest.fixture
def kiosk(tmp_path: Path) -> OfflineKiosk:
    return OfflineKiosk(tmp_path / "store")


async def test_tap_is_on_disk_shown_and_told_when_accepted(kiosk: OfflineKiosk) -> None:
    session = await kiosk.sign_in(RINA)
    heard: list[str] = []
    kiosk.mirror.subscribe(lambda: heard.append("mirror"))
    kiosk.desk.subscribe(lambda: heard.append("desk"))
    answer = kiosk.desk.tap(
        "advance_batch", CHICKEN, AdvanceBatchArgs("preparing"), actor=RINA, session=session
    )
    assert isinstance(answer, Tapped)
    assert heard == ["mirror", "desk"]
    assert kiosk.mirror.shown.batches[CHICKEN].stage is Stage.PREPARING
    assert kiosk.mirror.base.batches[CHICKEN].stage is Stage.PLANNED
    written = decode_command(kiosk.store.rows(0, 10)[-1].bytes)
    assert written.id == answer.command
    assert written.base == 1
    assert written.occurred.quality is Quality.WALL
    assert kiosk.desk.pending_of(answer.command) is not None


async def test_next_tap_carries_the_version_that_is_shown(kiosk: OfflineKiosk) -> None:
    session = await kiosk.sign_in(RINA)
    for to in ("preparing", "cooking"):
        args = AdvanceBatchArgs("preparing") if to == "preparing" else AdvanceBatchArgs("cooking")
        kiosk.desk.tap("advance_batch", CHICKEN, args, actor=RINA, session=session)
    bases = [decode_command(row.bytes).base for row in kiosk.store.rows(1, 10)]
    assert bases == [1, 2]


async def test_decision_is_not_written_when_the_state_says_no(kiosk: OfflineKiosk) -> None:
    session = await kiosk.sign_in(RINA)
    before = kiosk.store.outbox_position
    answer = kiosk.desk.tap(
        "advance_batch", CHICKEN, AdvanceBatchArgs("quality_check"), actor=RINA, session=session
    )
    assert isinstance(answer, WouldBeRefused)
    assert isinstance(answer.refusal, WrongStage)
    assert kiosk.store.outbox_position == before


async def test_fact_is_written_when_the_batch_is_not_known_here(kiosk: OfflineKiosk) -> None:
    session = await kiosk.sign_in(RINA)
    answer = kiosk.desk.tap(
        "record_temperature",
        "B-somewhere-else",
        RecordTemperatureArgs(71.0, Point.CORE),
        actor=RINA,
        session=session,
    )
    assert isinstance(answer, Tapped)


async def test_tap_is_refused_at_once_when_nobody_is_signed_in(kiosk: OfflineKiosk) -> None:
    answer = kiosk.desk.tap(
        "note_batch",
        CHICKEN,
        NoteBatchArgs(text="halo"),
        actor=RINA,
        session=await kiosk.sign_in(BUDI),
    )
    assert isinstance(answer, WouldBeRefused)
    assert isinstance(answer.refusal, NoSession)


async def test_check_is_refused_at_once_when_the_role_has_no_right(kiosk: OfflineKiosk) -> None:
    answer = kiosk.desk.tap(
        "record_check",
        CHICKEN,
        RecordCheckArgs(Item.TASTE, passed=True),
        actor=RINA,
        session=await kiosk.sign_in(RINA),
    )
    assert isinstance(answer, WouldBeRefused)
    assert isinstance(answer.refusal, NotAllowed)


async def test_verdict_wants_a_fresh_pin(kiosk: OfflineKiosk) -> None:
    session = await kiosk.sign_in(SARI)
    verdict = GiveVerdictArgs(passed=True)

    def refusal() -> type[object]:
        answer = kiosk.desk.why_not(
            "give_verdict",
            CHICKEN,
            verdict,
            actor=SARI,
            session=session,
            step_up=signed.step_up,
        )
        assert answer is not None
        return type(answer.refusal)

    signed = await kiosk.sessions.step_up(SARI, "123456")
    assert signed.step_up is not None
    kiosk.clock.pass_ms(50_000)
    assert refusal() is WrongStage
    kiosk.clock.pass_ms(10_000)
    assert refusal() is StepUpNeeded


async def test_tap_is_refused_and_not_written_when_it_is_too_long(kiosk: OfflineKiosk) -> None:
    session = await kiosk.sign_in(RINA)
    answer = kiosk.desk.tap(
        "note_batch", CHICKEN, NoteBatchArgs(text="x" * 9000), actor=RINA, session=session
    )
    assert isinstance(answer, WouldBeRefused)
    assert isinstance(answer.refusal, BadArgs)


async def test_nothing_is_shown_or_told_when_the_disk_refuses(kiosk: OfflineKiosk) -> None:
    session = await kiosk.sign_in(RINA)
    (pages,) = kiosk.store._db.execute("PRAGMA page_count").fetchone()
    kiosk.store._db.execute(f"PRAGMA max_page_count={pages}")
    heard: list[int] = []
    shown = kiosk.mirror.shown
    long = RecordTemperatureArgs(71.0, Point.CORE, place="x" * 60)

    def fill() -> None:
        for _ in range(200):
            kiosk.desk.tap("record_temperature", CHICKEN, long, actor=RINA, session=session)

    with pytest.raises(DiskRefused):
        fill()
    kept = kiosk.mirror.shown
    kiosk.mirror.subscribe(lambda: heard.append(1))
    with pytest.raises(DiskRefused):
        kiosk.desk.tap("record_temperature", CHICKEN, long, actor=RINA, session=session)
    assert heard == []
    assert kiosk.mirror.shown is kept
    assert kept is not shown


async def test_own_last_tap_is_taken_back_by_an_ordinary_tap(kiosk: OfflineKiosk) -> None:
    session = await kiosk.sign_in(RINA)
    tap = kiosk.desk.tap(
        "advance_batch", CHICKEN, AdvanceBatchArgs("preparing"), actor=RINA, session=session
    )
    assert isinstance(tap, Tapped)
    kiosk.desk.tap("undo", CHICKEN, UndoArgs(tap.command), actor=RINA, session=session)
    assert kiosk.mirror.shown.batches[CHICKEN].stage is Stage.PLANNED


async def test_redo_cites_the_tap_it_repeats(kiosk: OfflineKiosk) -> None:
    session = await kiosk.sign_in(RINA)
    kiosk.desk.tap(
        "advance_batch",
        CHICKEN,
        AdvanceBatchArgs("preparing"),
        actor=RINA,
        session=session,
        cites=CommandId("old"),
    )
    assert decode_command(kiosk.store.rows(0, 10)[-1].bytes).cites == "old"


async def test_waiting_taps_are_shown_again_when_the_kiosk_restarts(kiosk: OfflineKiosk) -> None:
    session = await kiosk.sign_in(RINA)
    kiosk.desk.tap(
        "advance_batch", CHICKEN, AdvanceBatchArgs("preparing"), actor=RINA, session=session
    )
    shown = kiosk.mirror.shown
    kiosk.restart()
    assert kiosk.mirror.shown == shown
    assert len(kiosk.mirror.pending) == 2
