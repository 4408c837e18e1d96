"""After a restore: whom it waits for, what the operator is told, and how to wait no longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from dapur.ids import CommandId, DeviceId
from dapur.wire.messages import Outcome
from server.cli.context import now_ms
from server.desk.ports import Sign, Standing, Stored
from tests.server.cli.test_keeping import enrol, epoch
from tests.support.cli_rig import KITCHEN, Operator, made_folder, small_plan
from tests.support.groups import entries

DAY_MS = 24 * 3_600_000


@pytest.fixture
def operator(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Operator:
    """A server's folder with a kitchen, its plan, and a kiosk."""
    made = Operator(made_folder(tmp_path / "server"), capsys, monkeypatch)
    made.done("plan", "import", small_plan(tmp_path))
    enrol(made, "Kios 1")
    return made


def restored(operator: Operator, tmp_path: Path, *words: str) -> list[str]:
    """Back up, then put that back; what was said."""
    file = tmp_path / f"kept-{len(list(tmp_path.iterdir()))}.db"
    operator.done("backup", file)
    said = operator.done("restore", file, "--devices-checked", "--replace", "--stopped", *words)
    return said.lines


def awaited(operator: Operator) -> list[DeviceId]:
    with operator.rooms() as opened:
        return [each.device for each in opened.recoveries.helpers(KITCHEN)]


def test_nothing_is_told_where_nothing_was_restored(operator: Operator) -> None:
    assert operator.done("recovery", "show").lines == ["nothing was restored here"]
    assert operator.done("recovery", "end").lines == []
    unknown = operator("recovery", "show", "--kitchen", "nowhere")
    assert (unknown.code, "nowhere" in unknown.err) == (1, True)


def test_restored_kitchen_names_the_log_that_was_lost_and_waits_for_its_kiosks(
    operator: Operator, tmp_path: Path
) -> None:
    lost = epoch(operator)
    said = restored(operator, tmp_path, "--wait", "7")
    assert any(
        "takes commands when its 1 kiosks came, 7 s after the first" in each for each in said
    )
    with operator.rooms() as opened:
        recovery = opened.recoveries.of(KITCHEN)
        head = opened.log.head(KITCHEN)
    assert recovery is not None
    assert head is not None
    assert (recovery.epoch, recovery.wait_ms, recovery.is_open) == (lost, 7_000, True)
    assert (recovery.seq, recovery.hash) == (head.seq, head.hash)
    assert head.epoch != lost
    assert len(awaited(operator)) == 1


def test_log_that_is_lost_is_the_one_in_whose_place_the_backup_is_put(
    operator: Operator, tmp_path: Path
) -> None:
    file = tmp_path / "old.db"
    operator.done("backup", file)
    restored(operator, tmp_path)
    between = epoch(operator)
    operator.done("restore", file, "--devices-checked", "--replace")
    with operator.rooms() as opened:
        recovery = opened.recoveries.of(KITCHEN)
    assert recovery is not None
    assert recovery.epoch == between


def test_kiosks_that_were_silent_for_long_or_are_shut_out_are_not_waited_for(
    operator: Operator, tmp_path: Path
) -> None:
    second, third = (enrol(operator, name) for name in ("Kios 2", "Kios 3"))
    with operator.rooms() as opened:
        opened.identity.heard({second: Sign(1)}, 0, now_ms() + 2 * DAY_MS)
        opened.identity.ended()
    said = restored(operator, tmp_path, "--revoke", third)
    assert awaited(operator) == [second]
    assert any("its 1 kiosks" in each for each in said)


def test_restore_without_waiting_lets_the_kitchen_go_on_at_once(
    operator: Operator, tmp_path: Path
) -> None:
    said = restored(operator, tmp_path, "--wait", "0")
    assert not any("takes commands when" in each for each in said)
    assert "  over: there was no kiosk to wait for" in operator.done("recovery", "show").lines
    operator.done("plan", "import", small_plan(tmp_path))


def test_operator_is_told_that_a_kitchen_waits_and_can_end_it(
    operator: Operator, tmp_path: Path
) -> None:
    restored(operator, tmp_path)
    plan = small_plan(tmp_path, lambda made: made["batches"][0].update(pk=99))
    refused = operator("plan", "import", plan)
    assert refused.code == 1
    assert "dapur-server recovery show" in refused.err
    ended = operator.done("recovery", "end", "--kitchen", KITCHEN)
    assert ended.lines == [f"{KITCHEN}: waits no longer; its kiosks come back within seconds"]
    assert operator.done("recovery", "end").lines == []
    operator.done("plan", "import", plan)
    told = operator.done("recovery", "show").lines
    assert "  over: ended by hand" in told
    assert told[-1].endswith("\tKios 1\tnever came back")


def test_report_tells_what_came_back_and_what_nobody_held(
    operator: Operator, tmp_path: Path
) -> None:
    restored(operator, tmp_path)
    (first,) = awaited(operator)
    with operator.rooms() as opened:
        waiting = operator.done("recovery", "show").lines
        head = opened.log.head(KITCHEN)
        assert head is not None
        note = opened.recoveries.note
        note(KITCHEN, first, Standing.DONE, seq=head.seq + 5, told="brought", now_ms=now_ms())
        fresh = entries(
            opened.log, KITCHEN, [entry.body for entry in opened.log.read(KITCHEN, 0, limit=2)]
        )
        answer = Stored(CommandId("c"), Outcome.APPLIED, "", fresh[-1].seq)
        opened.recoveries.bring(KITCHEN, fresh, [answer])
        assert opened.recoveries.settle(KITCHEN, now_ms())
    assert f"{KITCHEN}: put back to event {head.seq} at " in waiting[0]
    assert "  waits for 1 of 1 kiosks" in waiting
    told = operator.done("recovery", "show").lines
    assert "  over: all kiosks came" in told
    assert f"  signed heads prove that the log once went to event {head.seq + 5}" in told
    assert f"  brought as events: {head.seq + 1} to {head.seq + 2}" in told
    assert any(
        each.startswith(f"  nobody held: events {head.seq + 3} to {head.seq + 5} ") for each in told
    )
    assert f"  {first}\tKios 1\tbrought" in told
