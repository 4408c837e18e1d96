"""What a kiosk shows while its taps go home: the same in the end, whether made at once or in parts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dapur.envelope import Taken
from dapur.ids import BatchId, CommandId
from dapur.kitchen import Kitchen, take
from dapur.sync.replica import AT_ONCE, Pending, Replica
from dapur.wire.messages import Outcome, Result
from tests.support.taps import Night, batch_at

MANY = 3 * AT_ONCE
PART = 10


def measured(night: Night, count: int) -> list[Pending]:
    """Waiting taps: temperatures of one dish."""
    return [Pending(number, _taken(night, 60 + number % 30 / 10)) for number in range(1, count + 1)]


def _taken(night: Night, value_c: float) -> Taken:
    return night.taken("record_temperature", "b1", {"value_c": value_c})


def told(replica: Replica, row: Pending, *, answer: bool = True) -> None:
    """The server took this tap, as the kiosk hears it."""
    taking = take(replica.base, row.taken, row.taken.received_ms)
    replica.grown(taking.events, replica.seq + len(taking.events))
    if answer:
        replica.settled([Result(row.dseq, taking.outcome, replica.seq, taking.code)])


def values(kitchen: Kitchen) -> list[float]:
    """The measured temperatures."""
    return [reading.value_c for reading in kitchen.batches[BatchId("b1")].readings]


def numbers(replica: Replica) -> list[int]:
    """The taps that wait."""
    return [row.dseq for row in replica.pending]


def both(night: Night, rows: list[Pending]) -> tuple[Replica, Replica]:
    """The same replica, once exact at every moment and once in parts."""
    return Replica(night.kitchen, 0, rows), Replica(night.kitchen, 0, rows, patient=True)


def through(replica: Replica) -> int:
    """Refold until nothing is left to do; in how many parts."""
    parts = 1
    while replica.refold(PART):
        parts += 1
        assert parts < 1000
    return parts


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_patient_replica_shows_what_an_exact_one_shows_when_its_round_is_through(
    data: st.DataObject,
) -> None:
    night = batch_at("cooking")
    rows = measured(night, data.draw(st.integers(0, MANY), label="waiting"))
    exact, patient = both(night, rows)
    waiting = list(rows)
    for _ in range(data.draw(st.integers(0, 30), label="steps")):
        step = data.draw(st.sampled_from(("told", "tap", "other", "part")))
        if step == "told" and waiting:
            row = waiting.pop(0)
            answer = data.draw(st.booleans())
            told(exact, row, answer=answer)
            told(patient, row, answer=answer)
        elif step == "tap":
            row = Pending(len(rows) + 1, _taken(night, 70.0))
            rows.append(row)
            waiting.append(row)
            exact.tapped(row)
            patient.tapped(row)
        elif step == "other":
            events = take(exact.base, night.taken("note_batch", "b1", {"text": "n"}), 0).events
            exact.grown(events, exact.seq + 1)
            patient.grown(events, patient.seq + 1)
        else:
            patient.refold(PART)
    through(patient)
    assert patient.shown == exact.shown
    assert patient.doubts == exact.doubts
    assert patient.pending == exact.pending


def test_patient_replica_makes_its_guess_in_parts_when_many_taps_wait() -> None:
    night = batch_at("cooking")
    _, patient = both(night, measured(night, MANY))
    assert len(values(patient.shown)) == MANY
    told(patient, patient.pending[0])
    assert patient.behind
    before = patient.shown
    assert patient.refold(PART)
    assert patient.shown is before
    assert through(patient) > 3
    assert patient.shown is not before
    assert not patient.behind


def test_patient_replica_shows_every_waiting_tap_when_it_starts() -> None:
    night = batch_at("cooking")
    exact, patient = both(night, measured(night, MANY))
    assert values(patient.shown) == values(exact.shown)


def test_patient_replica_shows_a_new_tap_at_once_when_it_is_behind() -> None:
    night = batch_at("cooking")
    _, patient = both(night, measured(night, MANY))
    assert 99.5 not in values(patient.shown)
    told(patient, patient.pending[0])
    patient.refold(PART)
    patient.tapped(Pending(MANY + 1, _taken(night, 99.5)))
    assert 99.5 in values(patient.shown)
    through(patient)
    assert values(patient.shown).count(99.5) == 1


def test_patient_replica_starts_another_round_when_the_ground_moved_in_the_first() -> None:
    night = batch_at("cooking")
    exact, patient = both(night, measured(night, MANY))
    assert patient.shown == exact.shown
    told(exact, exact.pending[0])
    told(patient, patient.pending[0])
    patient.refold(PART)
    told(exact, exact.pending[0])
    told(patient, patient.pending[0])
    through(patient)
    assert patient.shown == exact.shown


def test_replica_gives_the_same_tuple_of_taps_until_they_change() -> None:
    night = batch_at("cooking")
    rows = measured(night, 2)
    replica = Replica(night.kitchen, 0, rows[:1])
    before = replica.pending
    assert replica.pending is before
    replica.tapped(rows[1])
    assert replica.pending == tuple(rows)


def test_tap_waits_no_more_when_its_own_event_came_before_its_answer() -> None:
    night = batch_at("cooking")
    rows = measured(night, 2)
    replica = Replica(night.kitchen, 0, rows)
    told(replica, rows[0], answer=False)
    assert numbers(replica) == [2]
    assert values(replica.shown) == [60.1, 60.2]
    replica.settled([Result(1, Outcome.APPLIED, 1)])
    assert numbers(replica) == [2]
    told(replica, rows[1])
    assert numbers(replica) == []
    assert values(replica.shown) == [60.1, 60.2]


def test_refused_tap_leaves_the_guess_when_its_answer_comes() -> None:
    night = batch_at("cooking")
    rows = measured(night, 1)
    replica = Replica(night.kitchen, 0, rows)
    assert values(replica.shown) == [60.1]
    replica.settled([Result(1, Outcome.REFUSED, 1, "some_code")])
    assert values(replica.shown) == []
    assert replica.pending[0].taken.command.id == CommandId(rows[0].taken.command.id)
