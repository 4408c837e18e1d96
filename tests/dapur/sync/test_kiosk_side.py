"""The kiosk's half alone: what a welcome of a restored log makes it do."""

from __future__ import annotations

import pytest

from dapur.envelope import GENESIS
from dapur.ids import ConnectionId, DeviceId, KitchenId, OutboxId
from dapur.sync.effects import Effect, Forked, NeedRows, Restored, Settle
from dapur.sync.kiosk_side import KioskSide, OutboxPosition, Position
from dapur.wire.messages import Mode, Welcome

OWN = bytes([7]) * 32


def welcomed(known: str, told: str, *, acked: int = 3, acked_hash: bytes = OWN) -> list[Effect]:
    """What a kiosk of epoch `known` with ten rows does when it is welcomed to epoch `told`."""
    side = KioskSide(
        device=DeviceId("k"),
        app="test",
        states=(1,),
        position=Position(known, 20, OWN) if known else Position(),
        outbox=OutboxPosition(OutboxId("o"), 10, OWN),
        row_hash=lambda _dseq: OWN,
        answered=10,
        now_ms=0,
    )
    welcome = Welcome(
        connection=ConnectionId("c"),
        kitchen=KitchenId("k"),
        epoch=told,
        head=5,
        floor=0,
        acked=acked,
        acked_hash=acked_hash,
        durable=4,
        state_version=1,
        mode=Mode.SNAPSHOT,
        time_ms=0,
        echo_ms=0,
    )
    return side.receive(welcome, 0)


def test_kiosk_takes_answers_of_a_lost_log_back_before_anything_of_the_new_one_counts() -> None:
    effects = welcomed("e-1", "e-2")
    told = [one for one in effects if isinstance(one, Restored | Settle | NeedRows)]
    assert told == [Restored(3, 4), Settle((), 3, 4), NeedRows(3, 200)]


def test_kiosk_takes_answers_back_also_when_the_restored_log_has_another_outbox() -> None:
    kinds = [type(one) for one in welcomed("e-1", "e-2", acked_hash=GENESIS)]
    assert kinds.index(Restored) < kinds.index(Forked)


@pytest.mark.parametrize("known", ["", "e-1"])
def test_kiosk_keeps_its_answers_when_the_log_is_the_one_it_knows(known: str) -> None:
    assert not [one for one in welcomed(known, "e-1") if isinstance(one, Restored)]
