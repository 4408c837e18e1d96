"""`plan import` again with a corrected file: what may change changes, what is on the fire keeps its plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dapur.batch import Batch
from dapur.crew import AssignCrewArgs, OpenSessionArgs, ReleaseCrewArgs
from dapur.ending import CancelBatchArgs
from dapur.envelope import Command, Occurred, StepUp
from dapur.ids import BatchId, CommandId, OutboxId, SessionId, StaffId
from dapur.policy import Limit, SetPolicyArgs
from dapur.progress import AdvanceBatchArgs, FinishStepArgs
from dapur.stage import Stage
from dapur.wire.messages import Outcome
from server.desk.ports import Append
from server.log.sql_log import SqlLog
from tests.support.cli_rig import KITCHEN, Operator, batch_plan, made_folder, small_plan

FIRST = BatchId("2026-11-22-G1-01")
SECOND = BatchId("2026-11-22-G1-02")
AT_MS = 1_800_000_000_000
Correction = Callable[[dict[str, Any]], object]


@pytest.fixture
def operator(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Operator:
    made = Operator(made_folder(tmp_path / "server"), capsys, monkeypatch)
    made.done("plan", "import", small_plan(tmp_path))
    return made


def tap(operator: Operator, kind: str, subject: str, args: msgspec.Struct) -> None:
    """The head of the kitchen taps; the sign-in comes first."""
    kepala, session = StaffId("kepala"), SessionId("s-1")
    with operator.rooms() as opened:
        commands = [
            Command(
                CommandId(f"t-{each}-{about}"), each, about,
                msgspec.Raw(msgspec.json.encode(wanted)), kepala, session, 0,
                Occurred(AT_MS, AT_MS), step_up=StepUp(AT_MS, online=True),
            )
            for each, about, wanted in (
                ("open_session", f"session:{session}", OpenSessionArgs()),
                (kind, subject, args),
            )
        ]  # fmt: skip
        *_, result = opened.desk.take_now(KITCHEN, OutboxId("o-kiosk"), commands)
    assert result.outcome is Outcome.APPLIED, result


def prepare(operator: Operator, batch: str = FIRST) -> None:
    tap(operator, "advance_batch", batch, AdvanceBatchArgs(to="preparing", round=1))


def cook(operator: Operator, batch: str = FIRST) -> None:
    prepare(operator, batch)
    tap(operator, "advance_batch", batch, AdvanceBatchArgs(to="cooking", round=1))


def first(operator: Operator) -> Batch:
    return operator.state().batches[FIRST]


def corrected(plan: dict[str, Any]) -> None:
    """Fewer pupils come, so it starts later, with another dish."""
    plan["batches"][0] |= {"pk": 90, "cook": "02:30", "dish": "telur", "name": "Telur bali"}


def more_pupils(plan: dict[str, Any]) -> None:
    plan["waves"][0]["stops"][0]["pk"] = 140
    stop = {**plan["waves"][0]["stops"][0], "id": "sd-2", "name": "SDN Uji 2"}
    plan["waves"][0]["stops"].append(stop)


def both(*corrections: Correction) -> Correction:
    def correct(plan: dict[str, Any]) -> None:
        for each in corrections:
            each(plan)

    return correct


# ---- what may change -----------------------------------------------------------------------------


def test_operator_corrects_a_batch_and_is_told_what_is_other(
    operator: Operator, tmp_path: Path
) -> None:
    said = operator.done("plan", "import", small_plan(tmp_path, corrected))
    other = "dish 'dish-g1-01' → 'telur'; name 'Dish G1-01' → 'Telur bali'"
    assert said.lines[-5:] == [
        f"G1-01: changed ({other}; cook 02:00 → 02:30; pk 120 → 90)",
        "G1-02: unchanged",
        "new: nothing",
        "changed: 1 batches",
        "already there: 3 people, 1 policy, 1 night, 1 batches",
    ]
    plan = first(operator).plan
    assert (plan.pk, plan.dish, plan.cook_ms - plan.prepare_ms) == (90, "telur", 2 * 3_600_000)
    assert operator.done("verify").out.endswith("sound\n")


def test_operator_changes_nothing_by_importing_the_correction_twice(
    operator: Operator, tmp_path: Path
) -> None:
    file = small_plan(tmp_path, both(corrected, more_pupils))
    operator.done("plan", "import", file)
    before = operator.marks()
    said = operator.done("plan", "import", file)
    assert operator.marks() == before
    assert "G1-01: unchanged" in said.lines
    assert "already there: 3 people, 1 policy, 1 night, 2 batches" in said.lines


def test_operator_corrects_the_stops_of_a_wave(operator: Operator, tmp_path: Path) -> None:
    said = operator.done("plan", "import", small_plan(tmp_path, more_pupils))
    assert (
        "waves: changed (waves[0].stops[0].pk 120 → 140; waves[0].stops[1] none → 'sd-2')"
        in said.lines
    )
    assert "changed: 1 night" in said.lines
    night = operator.state().night
    assert night is not None
    assert [(stop.id, stop.pk) for stop in night.waves[0].stops] == [("sd-1", 140), ("sd-2", 140)]


def test_operator_corrects_a_batch_that_is_being_prepared(
    operator: Operator, tmp_path: Path
) -> None:
    prepare(operator)
    operator.done("plan", "import", small_plan(tmp_path, corrected))
    assert (first(operator).stage, first(operator).plan.pk) == (Stage.PREPARING, 90)


def test_operator_corrects_one_batch_while_another_cooks_as_planned(
    operator: Operator, tmp_path: Path
) -> None:
    cook(operator, SECOND)
    said = operator.done("plan", "import", small_plan(tmp_path, corrected))
    assert "G1-02: unchanged" in said.lines
    assert first(operator).plan.pk == 90


def test_both_plans_stand_in_the_journal_and_the_last_one_holds(
    operator: Operator, tmp_path: Path
) -> None:
    operator.done("plan", "import", small_plan(tmp_path, corrected))
    operator.done("plan", "import", small_plan(tmp_path))
    assert [line.kind for line in first(operator).journal] == [
        "batch_planned", "crew_assigned", "plan_changed", "plan_changed",
    ]  # fmt: skip
    assert first(operator).plan.pk == 120


# ---- rehearsals ----------------------------------------------------------------------------------


def test_dry_run_says_what_would_be_and_writes_nothing(operator: Operator, tmp_path: Path) -> None:
    def longer(plan: dict[str, Any]) -> None:
        plan["name"] = "SPPG Baru"
        plan["staff"].append({**plan["staff"][1], "id": "tuti", "name": "Tuti"})
        plan["batches"].append(batch_plan("G1-03"))

    before = operator.marks()
    file = small_plan(tmp_path, both(corrected, longer))
    said = operator.done("plan", "import", file, "--dry-run")
    assert operator.marks() == before
    assert [line.split(" (")[0] for line in said.lines] == [
        "SPPG Baru, night of 2026-11-22",
        "G1-01: would change",
        "G1-02: unchanged",
        "G1-03: would be new",
        "would be new: 1 people, 1 batches, 1 places at batches",
        "would change: 1 batches",
        "already there: 3 people, 1 policy, 1 night, 1 batches",
        "nothing was changed",
    ]
    really = operator.done("plan", "import", file)
    assert "new: 1 people, 1 batches, 1 places at batches" in really.lines
    assert operator.marks() != before


def test_dry_run_knows_a_kitchen_that_is_not_there(operator: Operator, tmp_path: Path) -> None:
    file = small_plan(tmp_path, lambda plan: plan.update(kitchen="sppg-9"))
    said = operator.done("plan", "import", file, "--dry-run")
    assert "G1-01: would be new" in said.lines
    with operator.rooms() as opened:
        assert opened.log.kitchens() == (KITCHEN,)


def test_dry_run_and_check_are_two_things(operator: Operator, tmp_path: Path) -> None:
    assert operator("plan", "import", small_plan(tmp_path), "--check", "--dry-run").code == 2


# ---- what may not --------------------------------------------------------------------------------


def cancel(operator: Operator) -> None:
    tap(operator, "cancel_batch", FIRST, CancelBatchArgs("bahan tidak datang pagi ini"))


def tick(operator: Operator) -> None:
    prepare(operator)
    tap(operator, "finish_step", FIRST, FinishStepArgs(step=1, round=1))


def other_steps(plan: dict[str, Any]) -> None:
    plan["batches"][0]["steps"] = [{"text": "Kukus", "duration_min": 45}]


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    ("happened", "correction", "told", "why"),
    [
        (cook, corrected, "batches[0].dish, batches[0].name, batches[0].cook, batches[0].pk: ",
         "wrong_stage (stage: cooking, wanted: preparing): its cooking began"),
        (cancel, corrected, "batches[0].pk: ", "cancelled (batch: 2026-11-22-G1-01)"),
    ],
)  # fmt: skip
def test_operator_is_refused_what_came_too_late_and_nothing_else_gets_in(
    operator: Operator,
    tmp_path: Path,
    happened: Callable[[Operator], None],
    correction: Correction,
    told: str,
    why: str,
    options: Sequence[str],
) -> None:
    happened(operator)
    before = operator.marks()
    longer = both(correction, lambda plan: plan["batches"].append(batch_plan("G1-03")))
    said = operator("plan", "import", small_plan(tmp_path, longer), *options)
    assert said.code == 1
    assert told in said.err
    assert f"change_plan {FIRST}: {why}" in said.err
    assert f"G1-01: refused ({why}; dish 'dish-g1-01' → 'telur'; " in said.out
    assert {"G1-02: unchanged", "G1-03: would be new"} <= set(said.lines)
    assert said.lines[-1] == "nothing was changed"
    assert operator.marks() == before
    assert operator.state().reviews == {}


def test_operator_is_refused_other_steps_once_one_is_ticked(
    operator: Operator, tmp_path: Path
) -> None:
    def without_limits(plan: dict[str, Any]) -> None:
        plan["batches"][0]["steps"][0].pop("core_c")

    operator.done("plan", "import", small_plan(tmp_path, without_limits))
    tick(operator)
    said = operator("plan", "import", small_plan(tmp_path, other_steps))
    assert said.code == 1
    assert "batches[0].steps[0].text, batches[0].steps[0].duration_min: " in said.err
    assert "steps of it are ticked, so the steps stay" in said.err
    fewer = both(without_limits, lambda plan: plan["batches"][0].update(pk=90))
    operator.done("plan", "import", small_plan(tmp_path, fewer))
    assert first(operator).plan.pk == 90


def test_operator_is_refused_a_night_without_a_wave_that_is_cooked_for(
    operator: Operator, tmp_path: Path
) -> None:
    def other_wave(plan: dict[str, Any]) -> None:
        plan["waves"][0]["id"] = "G2"
        for batch in plan["batches"]:
            batch["wave"] = "G2"

    before = operator.marks()
    said = operator("plan", "import", small_plan(tmp_path, other_wave))
    assert said.code == 1
    assert said.err.splitlines() == [
        "the kitchen refuses this plan; nothing was changed:",
        "waves: open_night night:kitchen: wave_in_use (wave: G1)",
    ]
    assert operator.marks() == before


def test_operator_is_told_when_cooking_began_just_before_the_correction_was_written(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = SqlLog.append

    def second(self: SqlLog, appends: Sequence[Append]) -> None:
        monkeypatch.setattr(SqlLog, "append", append)
        cook(operator)
        append(self, appends)

    monkeypatch.setattr(SqlLog, "append", second)
    said = operator("plan", "import", small_plan(tmp_path, corrected))
    assert said.code == 1
    assert f"refused: batches[0]: change_plan {FIRST}: wrong_stage" in said.err
    assert (first(operator).stage, first(operator).plan.pk) == (Stage.COOKING, 120)
    (review,) = operator.state().reviews.values()
    assert (review.kind, review.about) == ("change_plan", FIRST)


# ---- what may surprise ---------------------------------------------------------------------------


def test_operator_is_told_of_a_batch_that_the_file_has_no_longer(
    operator: Operator, tmp_path: Path
) -> None:
    said = operator.done("plan", "import", small_plan(tmp_path, lambda plan: plan["batches"].pop()))
    assert (
        f"{SECOND}: on the board, not in this file: it stays (cancel it at a kiosk)" in said.lines
    )
    assert SECOND in operator.state().batches


def test_operator_is_told_that_the_crew_of_a_batch_on_the_board_stays(
    operator: Operator, tmp_path: Path
) -> None:
    def budi_too(plan: dict[str, Any]) -> None:
        plan["batches"][0]["crew"] = ["siti", "budi"]

    said = operator.done("plan", "import", small_plan(tmp_path, budi_too))
    assert (
        "G1-01: unchanged (budi is not placed: the crew of a batch on the board changes at a kiosk)"
        in said.lines
    )
    tap(operator, "assign_crew", FIRST, AssignCrewArgs("budi"))
    tap(operator, "release_crew", FIRST, ReleaseCrewArgs("budi"))
    said = operator.done("plan", "import", small_plan(tmp_path, budi_too))
    assert "G1-01: unchanged" in said.lines


def test_operator_is_told_when_a_limit_is_not_what_the_policy_now_says(
    operator: Operator, tmp_path: Path
) -> None:
    stricter = SetPolicyArgs({"core_c": Limit(80, "SOP", "2026-11-22")})
    tap(operator, "set_policy", "policy:kitchen", stricter)
    said = operator.done("plan", "import", small_plan(tmp_path))
    told = "limits.core_c stays 75: the file names none, the policy's is 80"
    assert f"G1-01: unchanged ({told})" in said.lines
    said = operator.done(
        "plan", "import", small_plan(tmp_path, lambda plan: plan["batches"][0].update(pk=90))
    )
    assert any("limits.core_c 75 → 80" in line for line in said.lines)
    assert first(operator).plan.limits.core_c == 80


def test_operator_is_told_when_the_file_gives_a_person_other_roles(
    operator: Operator, tmp_path: Path
) -> None:
    def promoted(plan: dict[str, Any]) -> None:
        plan["staff"][2]["roles"] = ["STAFF_QC", "STAFF_DAPUR"]

    said = operator.done("plan", "import", small_plan(tmp_path, promoted))
    assert "staff[2]: changed (roles 'STAFF_DAPUR' → 'STAFF_DAPUR, STAFF_QC')" in said.lines
    assert set(operator.state().roles_of(StaffId("budi"))) == {"STAFF_QC", "STAFF_DAPUR"}
