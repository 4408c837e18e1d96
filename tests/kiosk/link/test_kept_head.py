"""Of what the server signs, only that is kept which it really signed."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dapur.sync.effects import Ended, KeepHead, NeedTail
from dapur.sync.kiosk_side import KeptTail
from dapur.wire.messages import GoodbyeCode, SignedHead, Tail, Want, top_text
from kiosk.link.backoff import SERVED_MS
from kiosk.link.signature import signed_by
from tests.kiosk.link.test_carry import Shell


def signed(shell: Shell, key: Ed25519PrivateKey) -> SignedHead:
    """The place where the replica is, signed."""
    here = shell.kiosk.store.position
    text = top_text(shell.kiosk.mirror.kitchen_id, here.epoch, here.seq, here.hash)
    return SignedHead(here.epoch, here.seq, here.hash, key.sign(text))


@pytest.mark.expected_log("is not signed by the server")
def test_head_is_kept_when_the_server_signed_it_and_no_other(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.carrier.carry([shell.events(0), shell.events(1)])
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    right, wrong = signed(shell, key), signed(shell, other)
    shell.carrier.carry([KeepHead(right)])
    assert shell.kiosk.store.kept() is None, "it does not know the server's key"
    public = key.public_key().public_bytes_raw()
    shell.carrier.is_servers = lambda text, signature: signed_by(public, signature, text)
    shell.carrier.carry([KeepHead(wrong)])
    assert shell.kiosk.store.kept() is None
    shell.carrier.carry([KeepHead(right)])
    kept = shell.kiosk.store.kept()
    assert kept is not None
    assert kept.signed == right
    shell.carrier.carry([KeepHead(wrong)])
    assert shell.kiosk.store.kept() == kept
    assert shell.carrier.side.kept() == kept


def test_tail_goes_out_as_it_once_came(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    before = shell.first - 1
    shell.carrier.carry([shell.events(number) for number in range(4)])
    shell.carrier.side._answering = Want(before, before + 3)
    shell.carrier.carry([NeedTail(before, before + 3, 100_000)])
    bodies = tuple(shell.log[before + number][0] for number in range(3))
    assert shell.sent[-1] == Tail(shell.first, bodies)


@pytest.mark.parametrize(
    ("code", "held", "least_ms"),
    [
        (GoodbyeCode.RESTART, True, SERVED_MS),
        (GoodbyeCode.RESTART, False, 7),
        (GoodbyeCode.UNAVAILABLE, True, 7),
        (None, True, 7),
    ],
)
def test_line_that_helped_a_restored_server_was_a_good_one(
    tmp_path: Path, code: GoodbyeCode | None, held: bool, least_ms: int
) -> None:
    carrier = Shell(tmp_path).carrier
    assert carrier.served_ms(1_000) == 0
    carrier.admitted_ms, carrier.side.held = 1_000, held
    carrier.carry([Ended(code, 0.5, "over")])
    assert carrier.served_ms(1_007) == least_ms


def test_key_that_is_none_signed_nothing() -> None:
    assert not signed_by(b"short", b"s", b"text")
    assert KeptTail(0, SignedHead("", 0, bytes(32), b"")).after == 0
