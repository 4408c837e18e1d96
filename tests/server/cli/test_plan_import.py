"""`plan import`: new things get in once, wrong ones change nothing and name their place."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dapur import plan as plans
from dapur import resources
from dapur.batch import MINUTE_MS
from dapur.crew import ReleaseCrewArgs, present
from dapur.envelope import Command, Occurred
from dapur.ids import SYSTEM, BatchId, CommandId, KitchenId, OutboxId, SessionId, StaffId
from dapur.kitchen import Kitchen
from dapur.night import midnight_ms
from dapur.wire.messages import Outcome
from server.desk.ports import Append
from server.log.sql_log import SqlLog
from tests.support.cli_rig import KITCHEN, Operator, batch_plan, made_folder, small_plan

PIN = "135790"
FIRST = BatchId("2026-11-22-G1-01")


@pytest.fixture
def operator(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Operator:
    return Operator(made_folder(tmp_path / "server"), capsys, monkeypatch)


def own(kind: str, subject: str, args: msgspec.Struct) -> Command:
    """A command of the server, other than those of an import."""
    raw = msgspec.Raw(msgspec.json.encode(args))
    moment = Occurred(1_800_000_000_000, 1_800_000_000_000)
    return Command(CommandId(f"t-{kind}"), kind, subject, raw, SYSTEM, SessionId(""), 0, moment)


# ---- what is new -------------------------------------------------------------------------------


def test_operator_brings_a_night_into_a_kitchen_that_was_not_there(
    operator: Operator, tmp_path: Path
) -> None:
    said = operator.done("plan", "import", small_plan(tmp_path))
    assert said.lines == [
        "SPPG Uji, night of 2026-11-22",
        "3 people have no PIN yet (dapur-server staff set-pin)",
        "G1-01: new",
        "G1-02: new",
        "new: 3 people, 1 policy, 1 night, 2 batches, 2 places at batches",
        "already there: nothing",
    ]
    state = operator.state()
    assert state.night is not None
    assert state.night.serving_date == "2026-11-22"
    assert set(state.batches) == {FIRST, BatchId("2026-11-22-G1-02")}
    assert [each.staff for each in state.batches[FIRST].crew] == ["siti"]
    assert state.policy.consume_within_min.value == 200
    with operator.rooms() as opened:
        (info,) = opened.identity.kitchens()
        names = [person.name for person in opened.identity.staff(KITCHEN)]
    assert (info.id, info.name, info.utc_offset_min) == (KITCHEN, "SPPG Uji", 420)
    assert names == ["Budi", "Kepala", "Siti"]


def test_operator_changes_nothing_by_importing_twice(operator: Operator, tmp_path: Path) -> None:
    file = small_plan(tmp_path)
    operator.done("plan", "import", file)
    before = operator.marks()
    said = operator.done("plan", "import", file)
    assert operator.marks() == before
    assert said.lines[-4:] == [
        "G1-01: unchanged",
        "G1-02: unchanged",
        "new: nothing",
        "already there: 3 people, 1 policy, 1 night, 2 batches",
    ]


def test_operator_adds_only_what_the_plan_has_more_than_the_kitchen(
    operator: Operator, tmp_path: Path
) -> None:
    operator.done("plan", "import", small_plan(tmp_path))
    longer = small_plan(tmp_path, lambda plan: plan["batches"].append(batch_plan("G1-03")))
    said = operator.done("plan", "import", longer)
    assert "new: 1 batches, 1 places at batches" in said.lines
    assert len(operator.state().batches) == 3


def test_operator_does_not_call_people_back_to_a_batch_by_importing_again(
    operator: Operator, tmp_path: Path
) -> None:
    file = small_plan(tmp_path)
    operator.done("plan", "import", file)
    with operator.rooms() as opened:
        home = own("release_crew", FIRST, ReleaseCrewArgs("siti"))
        (result,) = opened.desk.take_now(KITCHEN, OutboxId("o-test"), [home])
    assert result.outcome is Outcome.APPLIED
    operator.done("plan", "import", file)
    assert present(operator.state().batches[FIRST].crew) == ()


# ---- what is wrong -----------------------------------------------------------------------------


def wrong_step(plan: dict[str, Any]) -> None:
    plan["batches"][1]["steps"][0]["duration_min"] = "ten"


def wrong_twice(plan: dict[str, Any]) -> None:
    plan["batches"][0]["wave"] = "G9"
    plan["batches"][1]["crew"] = ["nobody"]


def cooked_before_midnight(plan: dict[str, Any]) -> None:
    plan["batches"][1] |= {"prepare": "21:00", "cook": "22:00"}


def long_way_round(plan: dict[str, Any]) -> None:
    stop = plan["waves"][0]["stops"][0]
    plan["waves"][0]["stops"] = [{**stop, "id": f"sd-{n}", "name": "S" * 80} for n in range(60)]


def unprintable(plan: dict[str, Any]) -> None:
    plan["staff"][1]["name"] = "Siti\u0007"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (wrong_step, ["batches[1].steps[0].duration_min: "]),
        (wrong_twice, ["batches[0].wave: no wave 'G9'", "batches[1].crew[0]: no staff 'nobody'"]),
        (cooked_before_midnight, ["batches[1].cook: plan_batch 2026-11-22-G1-02: cook_too_early"]),
        (long_way_round, ["waves: open_night night:kitchen: ", "at most 8192"]),
        (unprintable, ["staff[1].name: "]),
    ],
)
@pytest.mark.parametrize("only_check", [False, True])
def test_operator_is_told_every_place_of_a_wrong_plan_and_nothing_changes(
    operator: Operator,
    tmp_path: Path,
    change: Callable[[dict[str, Any]], None],
    told: Sequence[str],
    only_check: bool,
) -> None:
    before = operator.marks()
    options = ["--check"] if only_check else []
    said = operator("plan", "import", small_plan(tmp_path, change), *options)
    assert said.code == 1
    assert said.lines[-1:] in ([], ["nothing was changed"])
    for text in told:
        assert text in said.err
    assert operator.marks() == before
    assert before[0] is None


def test_operator_is_told_when_there_is_no_such_file(operator: Operator, tmp_path: Path) -> None:
    said = operator("plan", "import", tmp_path / "none.json")
    assert said.code == 1
    assert "none.json" in said.err


def test_operator_checks_a_plan_without_a_server(operator: Operator, tmp_path: Path) -> None:
    shutil.rmtree(operator.data)
    said = operator.done("plan", "import", small_plan(tmp_path), "--check")
    assert said.out.endswith(": nothing wrong\n")
    assert not operator.data.exists()


# ---- when ----------------------------------------------------------------------------------------


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "date"),
    [("2026-12-01T07:59:59", "2026-12-01"), ("2026-12-01T08:00:00", "2026-12-02")],
)
def test_operator_moves_the_night_so_that_now_lies_in_it(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: str, date: str
) -> None:
    monkeypatch.setattr("server.cli.plans.now_ms", lambda: utc(now))
    operator.done("plan", "import", small_plan(tmp_path), "--today")
    night = operator.state().night
    assert night is not None
    assert night.serving_date == date
    assert night.start_ms <= utc(now) < night.end_ms


def test_operator_shows_the_kitchen_at_any_local_time(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_ms = utc("2026-12-01T13:37:21")
    monkeypatch.setattr("server.cli.plans.now_ms", lambda: now_ms)
    operator.done("plan", "import", small_plan(tmp_path), "--local-time", "03:50")
    night = operator.state().night
    assert night is not None
    assert (now_ms - night.midnight_ms) // MINUTE_MS == 3 * 60 + 50
    with operator.rooms() as opened:
        assert opened.identity.kitchens()[0].utc_offset_min == night.offset_min


@pytest.mark.parametrize("clock", ["00:00", "03:50", "14:59", "15:00", "23:59"])
def test_kitchen_has_the_wished_time_at_any_hour_of_the_world(clock: str) -> None:
    plan = plans.read_plan(resources.read_bytes("demo/night.json"))
    for minute in range(0, 24 * 60, 7):
        now_ms = utc("2026-12-31T00:00:00") + minute * MINUTE_MS + 59_999
        moved, offset_min = plans.at_local_time(plan, clock, now_ms)
        local = datetime.fromtimestamp(now_ms / 1000 + offset_min * 60, UTC)
        assert local.strftime("%H:%M") == clock
        assert -720 <= offset_min <= 840
        since_ms = now_ms - midnight_ms(moved.serving_date, offset_min)
        assert -9 * 60 <= since_ms // MINUTE_MS < 15 * 60


@pytest.mark.parametrize("text", ["3:50", "24:00", "0350", "03:60", "3.50"])
def test_operator_is_told_what_is_no_time_of_day(
    operator: Operator, tmp_path: Path, text: str
) -> None:
    said = operator("plan", "import", small_plan(tmp_path), "--local-time", text)
    assert said.code == 2
    assert "HH:MM" in said.err


# ---- PINs ----------------------------------------------------------------------------------------


def with_pins(folder: Path, pins: object) -> Path:
    (folder / "pins.json").write_text(json.dumps(pins), encoding="utf-8")
    return small_plan(folder)


def test_operator_gives_first_pins_only_to_those_who_have_none(
    operator: Operator, tmp_path: Path
) -> None:
    file = with_pins(tmp_path, {"siti": PIN, "budi": PIN, "stranger": PIN})
    operator.done("plan", "import", file)
    operator.done("staff", "set-pin", "siti", "--kitchen", KITCHEN, stdin="864209\n")
    for _ in range(2):
        operator.done("plan", "import", file, "--demo-pins")
    with operator.rooms() as opened:
        staff = {person.id: person for person in opened.identity.staff(KITCHEN)}
    versions = {who: person.pin_version for who, person in staff.items()}
    assert versions == {"kepala": 0, "siti": 1, "budi": 1}


@pytest.mark.parametrize("pins", [{"siti": "111111"}, {"siti": "12"}, {"siti": 135790}, ["135790"]])
def test_operator_is_told_of_wrong_pins_before_anything_is_written(
    operator: Operator, tmp_path: Path, pins: object
) -> None:
    before = operator.marks()
    said = operator("plan", "import", with_pins(tmp_path, pins), "--demo-pins")
    assert said.code == 1
    assert "pins.json" in said.err
    assert operator.marks() == before


def test_operator_is_told_when_there_are_no_pins(operator: Operator, tmp_path: Path) -> None:
    said = operator("plan", "import", small_plan(tmp_path), "--demo-pins")
    assert said.code == 1
    assert "pins.json" in said.err
    assert operator.marks()[0] is None


# ---- beside others -------------------------------------------------------------------------------


def before_the_next_append(
    monkeypatch: pytest.MonkeyPatch, operator: Operator, *commands: Command
) -> None:
    """Let another process be first: it takes these commands just before the import is written."""
    append = SqlLog.append

    def second(self: SqlLog, appends: Sequence[Append]) -> None:
        monkeypatch.setattr(SqlLog, "append", append)
        with operator.rooms() as other:
            other.desk.take_now(KITCHEN, OutboxId("o-other"), commands)
        append(self, appends)

    monkeypatch.setattr(SqlLog, "append", second)


def test_import_catches_up_when_another_process_was_first(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.done("plan", "import", small_plan(tmp_path))
    longer = small_plan(tmp_path, lambda plan: plan["batches"].append(batch_plan("G1-03")))
    home = own("release_crew", FIRST, ReleaseCrewArgs("siti"))
    before_the_next_append(monkeypatch, operator, home)
    said = operator.done("plan", "import", longer)
    assert "new: 1 batches, 1 places at batches" in said.lines
    state = operator.state()
    assert len(state.batches) == 3
    assert present(state.batches[FIRST].crew) == ()
    assert operator.done("verify").out.endswith("sound\n")


def test_operator_is_told_what_the_kitchen_refused_because_another_was_first(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.done("plan", "import", small_plan(tmp_path))
    plan = plans.read_plan(
        small_plan(tmp_path, lambda plan: plan["batches"].append(batch_plan("G1-03"))).read_bytes()
    )
    other = next(wish for wish in plans.wishes(plan) if wish.subject == "2026-11-22-G1-03")
    args = msgspec.structs.replace(other.args, pk=1)
    before_the_next_append(monkeypatch, operator, own("plan_batch", other.subject, args))
    said = operator("plan", "import", tmp_path / "plan.json")
    assert said.code == 1
    assert "refused: batches[2]: plan_batch 2026-11-22-G1-03: batch_exists" in said.err
    assert "G1-03: refused (batch_exists)" in said.lines
    assert "new: 1 places at batches" in said.lines


def test_the_demo_night_gets_in_without_a_refusal(operator: Operator) -> None:
    file = Path(str(resources.path("demo/night.json")))
    said = operator.done("plan", "import", file, "--today")
    assert "new: 47 people, 1 policy, 1 night, 16 batches, 26 places at batches" in said.lines
    state: Kitchen = operator.state(KitchenId("cendana-02"))
    assert len(state.batches) == 16
    assert state.reviews == {}
    assert state.roles_of(StaffId("s-hendra"))
