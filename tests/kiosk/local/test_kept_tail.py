"""What a kiosk keeps for a server that loses its log: raw events, and how far they can be proved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dapur.envelope import GENESIS, chain
from dapur.sync.effects import ApplyEvents, ApplySnapshot
from dapur.sync.kiosk_side import KeptTail
from dapur.wire.messages import SignedHead
from kiosk.local import store as module
from kiosk.local.rows import Snapshot
from kiosk.local.store import Store

EPOCH = "e-1"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "kiosk.db")
    opened.replace(ApplySnapshot(EPOCH, 10, GENESIS, 1, "{}"))
    yield opened
    opened.close()


def body(seq: int) -> str:
    return f'{{"n":{seq}}}'


def grow(store: Store, count: int) -> None:
    first, link = store.position.seq + 1, store.position.hash
    bodies = tuple(body(seq) for seq in range(first, first + count))
    for each in bodies:
        link = chain(link, each.encode())
    store.apply(ApplyEvents(first, bodies, link), own=())


def signed(store: Store) -> SignedHead:
    """What the server signs of the place where the replica is."""
    here = store.position
    return SignedHead(here.epoch, here.seq, here.hash, b"s" * 64)


def test_nothing_is_kept_before_a_head_was_signed(store: Store) -> None:
    assert store.kept() is None
    grow(store, 5)
    assert store.kept() is None
    store.keep_head(signed(store))
    assert store.kept() == KeptTail(10, signed(store))


def test_events_are_kept_up_to_what_was_signed_also_over_a_restart(store: Store) -> None:
    grow(store, 5)
    store.keep_head(head := signed(store))
    grow(store, 2)
    again = Store(store.path)
    assert again.kept() == KeptTail(10, head)
    assert again.tail(12, head.head, 1_000) == (body(13), body(14), body(15))
    again.close()


def test_tail_is_read_in_parts_but_an_event_is_never_cut(store: Store) -> None:
    grow(store, 5)
    assert store.tail(10, 15, 1) == (body(11),)
    assert store.tail(11, 15, 2 * len(body(12))) == (body(12), body(13))
    assert store.tail(15, 15, 1_000) == ()


def test_events_in_a_backup_go_with_the_next_compaction(store: Store) -> None:
    grow(store, 5)
    store.keep_head(head := signed(store))
    store.settle((), 13)
    store.compact(Snapshot(15, 1, "{}"))
    assert store.kept() == KeptTail(13, head)
    store.settle((), 15)
    store.compact(Snapshot(15, 1, "{}"))
    assert store.kept() is None, "there is nothing that the server could lack"


def test_oldest_events_go_when_no_backup_is_ever_made(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVENTS_KEPT", 3)
    grow(store, 8)
    store.keep_head(head := signed(store))
    store.compact(Snapshot(18, 1, "{}"))
    assert store.kept() == KeptTail(15, head)


def test_whole_state_of_the_same_log_leaves_only_what_comes_after_it(store: Store) -> None:
    grow(store, 5)
    store.keep_head(signed(store))
    store.replace(ApplySnapshot(EPOCH, 40, GENESIS, 1, "{}"))
    assert store.kept() is None
    grow(store, 2)
    store.keep_head(signed(store))
    assert store.kept() == KeptTail(40, signed(store))


def test_what_was_signed_for_a_lost_log_is_nothing_in_the_next(store: Store) -> None:
    grow(store, 5)
    store.keep_head(signed(store))
    store.replace(ApplySnapshot("e-2", 10, GENESIS, 1, "{}"))
    grow(store, 9)
    assert store.kept() is None


def test_same_head_costs_no_commit(store: Store) -> None:
    grow(store, 1)
    store.keep_head(signed(store))
    before = store._db.total_changes
    store.keep_head(signed(store))
    assert store._db.total_changes == before
