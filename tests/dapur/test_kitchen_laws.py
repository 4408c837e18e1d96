"""Laws of the whole kitchen over random taps: total, deterministic, replayable, never an illegal
state.
"""

from __future__ import annotations

from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from dapur.envelope import (
    Command,
    Event,
    Occurred,
    Quality,
    StepUp,
    Taken,
    decode_event,
    encode_event,
)
from dapur.ids import SYSTEM, CommandId, DeviceId, SessionId, StaffId
from dapur.kitchen import (
    COMMANDS,
    EVENTS,
    SERVER_DEVICE,
    STATE_VERSION,
    Kitchen,
    decode_snapshot,
    empty,
    encode_snapshot,
    evolve,
    take,
)
from dapur.stage import TRANSITIONS, Stage
from dapur.wire.messages import Outcome
from tests.support.situations import BATCH, KIOSK, KIOSK_2, NAMES, made
from tests.support.taps import Night, staffed

LIVE = [name for name in NAMES if name not in ("night_end", "roles", "sign_out")]
taps = st.lists(st.tuples(st.sampled_from(LIVE), st.booleans()), max_size=30)
WAYS = {(row.source, row.target) for row in TRANSITIONS}


def _play(names: list[tuple[str, bool]]) -> tuple[Night, list[Kitchen]]:
    night = staffed()
    states = [night.kitchen]
    for place, (name, second) in enumerate(names):
        device = KIOSK_2 if second else KIOSK
        night.give(made(night, name, device, f"t-{place}", night.minute + 1))
        states.append(night.kitchen)
    return night, states


@given(taps, st.data())
@settings(max_examples=60, deadline=None)
def test_a_replica_from_a_snapshot_is_the_fold_of_the_whole_log(
    names: list[tuple[str, bool]], data: st.DataObject
) -> None:
    night, _ = _play(names)
    cut = data.draw(st.integers(0, len(night.events)))
    state = empty(night.kitchen.id)
    for raw in night.events[:cut]:
        state = evolve(state, decode_event(raw))
    state = decode_snapshot(encode_snapshot(state), STATE_VERSION)
    for raw in night.events[cut:]:
        state = evolve(state, decode_event(raw))
    assert state == night.kitchen
    assert encode_snapshot(state) == encode_snapshot(night.kitchen)


@given(taps)
@settings(max_examples=60, deadline=None)
def test_a_batch_goes_only_ways_that_the_table_has(names: list[tuple[str, bool]]) -> None:
    _, states = _play(names)
    for before, after in pairwise(states):
        old, new = before.batches.get(BATCH), after.batches.get(BATCH)
        if old is not None and new is not None and old.stage is not new.stage:
            assert (old.stage, new.stage) in WAYS


@given(taps)
@settings(max_examples=60, deadline=None)
def test_no_reached_state_breaks_food_safety(names: list[tuple[str, bool]]) -> None:
    _, states = _play(names)
    started: int | None = None
    for state in states:
        batch = state.batches.get(BATCH)
        if batch is None:
            continue
        if batch.stage is Stage.COMPLETED:
            assert any(each.passed and each.round == batch.round for each in batch.verdicts)
            assert batch.completion is not None
        if batch.stage in (Stage.QUALITY_CHECK, Stage.COMPLETED):
            assert batch.consumption_started_ms is not None
        if batch.over:
            assert not batch.held
            assert batch.ended is not None
        if started is not None and batch.round > 1:
            assert batch.consumption_started_ms is not None
            assert batch.consumption_started_ms <= started
        started = batch.consumption_started_ms


@given(taps, st.sampled_from(["hot", "low", "note"]))
@settings(max_examples=60, deadline=None)
def test_a_fact_is_never_refused(names: list[tuple[str, bool]], fact: str) -> None:
    night, _ = _play(names)
    taking = night.give(made(night, fact, KIOSK, "fact", night.minute + 1))
    assert taking.outcome is Outcome.APPLIED


@given(taps)
@settings(max_examples=30, deadline=None)
def test_both_sides_take_the_same_from_the_same_log(names: list[tuple[str, bool]]) -> None:
    night, _ = _play(names)
    replica = empty(night.kitchen.id)
    for raw in night.events:
        replica = evolve(replica, decode_event(raw))
    taken = made(night, "hold", KIOSK, "last", night.minute + 1)
    assert take(replica, taken, taken.received_ms) == take(night.kitchen, taken, taken.received_ms)


@given(taps)
@settings(max_examples=30, deadline=None)
def test_every_refusal_leaves_one_event_and_one_item(names: list[tuple[str, bool]]) -> None:
    night = staffed()
    for place, (name, _) in enumerate(names):
        before = len(night.kitchen.reviews)
        taking = night.give(made(night, name, KIOSK, f"t-{place}", night.minute + 1))
        if taking.outcome is Outcome.REFUSED:
            assert [event.kind for event in taking.events] == ["command_refused"]
            assert len(night.kitchen.reviews) == before + 1
        if taking.outcome is Outcome.ALREADY:
            assert taking.events == ()


# ---- fuzz ----------------------------------------------------------------------------------------

texts = st.one_of(
    st.sampled_from(["", BATCH, "policy:kitchen", "alert:", "session:x", "review:x", ":", "b1\n"]),
    st.text(max_size=60),
)
numbers = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, width=32))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)
FIELDS = sorted({field for rule in COMMANDS.values() for field in rule.args.__struct_fields__})
objects = st.dictionaries(st.sampled_from(FIELDS), values, max_size=5)
WORDS = ["preparing", "continue", "core", "TASTE", "temperature", "KEPALA", "accept", "lead"]
near = st.dictionaries(
    st.sampled_from(FIELDS),
    st.one_of(values, st.sampled_from(WORDS), st.lists(st.sampled_from(WORDS), max_size=3)),
    max_size=6,
)


@st.composite
def wild_taps(draw: st.DrawFn) -> Taken:
    """Anything that decodes as a command, with any args."""
    kind = draw(st.one_of(st.sampled_from(sorted(COMMANDS)), st.text(max_size=12)))
    args = msgspec.json.encode(draw(st.one_of(objects, near, values)))
    earliest, span = draw(st.integers(0, 2**42)), draw(st.integers(0, 10**9))
    occurred = Occurred(earliest, earliest + span, draw(st.sampled_from(Quality)))
    system = draw(st.booleans())
    actor = SYSTEM if system else StaffId(draw(st.sampled_from(["s-kepala", "s-cook", "x", ""])))
    command = Command(
        CommandId(draw(st.text(max_size=20))),
        kind,
        draw(st.one_of(texts, st.just(BATCH))),
        msgspec.Raw(args),
        actor,
        SessionId(draw(st.sampled_from([f"{actor}@{KIOSK}", "", "x"]))),
        draw(st.integers(-(2**70), 2**70)),
        occurred,
        step_up=draw(st.one_of(st.none(), st.just(StepUp(earliest + span, online=False)))),
        cites=draw(st.one_of(st.none(), st.builds(CommandId, texts))),
    )
    device = SERVER_DEVICE if system else DeviceId(draw(st.sampled_from([KIOSK, "other"])))
    return Taken(command, device, occurred, earliest + span)


@given(taps, wild_taps())
@settings(max_examples=300, deadline=None)
def test_the_kitchen_answers_anything_that_can_be_sent(
    names: list[tuple[str, bool]], wild: Taken
) -> None:
    night, _ = _play(names[:8])
    taking = take(night.kitchen, wild, wild.received_ms)
    assert taking.outcome in (Outcome.APPLIED, Outcome.ALREADY, Outcome.REFUSED)
    assert (taking.outcome is Outcome.REFUSED) == bool(taking.code)
    for event in taking.events:
        assert decode_event(encode_event(event)) == event
    assert decode_snapshot(encode_snapshot(taking.kitchen), STATE_VERSION) == taking.kitchen


@given(st.sampled_from([*sorted(EVENTS), "of_tomorrow"]), values, texts, st.integers(1, 3))
@settings(max_examples=300, deadline=None)
def test_the_fold_takes_any_event_and_only_marks_what_it_cannot_read(
    kind: str, body: object, subject: str, reader: int
) -> None:
    before = staffed().kitchen
    moment = Occurred(1, 1)
    event = Event(
        kind, subject, msgspec.Raw(msgspec.json.encode(body)), CommandId("c"), StaffId("s-cook"),
        SessionId("x"), KIOSK, moment, 1, reader=reader,
    )  # fmt: skip
    after = evolve(before, event)
    if reader > 1 or kind not in EVENTS:
        assert after.opaque[subject] == reader
        same = msgspec.structs.replace(after, opaque=before.opaque, versions=before.versions)
        assert same == before
