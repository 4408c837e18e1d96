"""What events say of the commands they came from is what those commands were answered."""

from __future__ import annotations

import msgspec

from dapur.envelope import Event, Occurred, decode_event
from dapur.ids import CommandId, DeviceId, OutboxId, SessionId, StaffId
from dapur.retold import retold, unread
from dapur.wire.messages import Outcome
from tests.server.desk.test_desk import DEVICE, Bench, refused_tap
from tests.support.gateway import command, notice


def test_events_tell_the_answer_of_every_command_that_has_some() -> None:
    bench = Bench()
    rows = [bench.row(tap) for tap in (refused_tap(), b"no command", refused_tap())]
    bench.give(*rows[:2])
    bench.revoke(DEVICE)
    bench.now_ms += 60_000
    bench.give(rows[2])
    bench.desk.take_now(bench.log.kitchens()[0], OutboxId("own"), [notice("hi")])
    log = bench.log
    told = [retold(decode_event(entry.body)) for entry in log.read(log.kitchens()[0], 0, limit=99)]
    receipts = {
        receipt.command or unread(receipt.outbox, receipt.dseq): receipt
        for outbox in (OutboxId("o-1"), OutboxId("own"))
        for receipt in log.receipts(log.kitchens()[0], outbox, 1, 99)
    }
    assert {each.command: (each.outcome, each.code) for each in told} == {
        name: (receipt.outcome, receipt.code) for name, receipt in receipts.items()
    }
    assert {each.outcome for each in told} == set(Outcome) - {Outcome.ALREADY}


def test_unread_bytes_have_a_name_that_fits_an_id() -> None:
    assert len(unread(OutboxId("x" * 64), 2**53)) == 64
    assert unread(OutboxId("a"), 11) != unread(OutboxId("a1"), 1)


def test_event_of_an_unknown_kind_tells_that_it_was_applied() -> None:
    at = Occurred(1, 2)
    who = (CommandId("c"), StaffId("s"), SessionId("s"), DeviceId("d"), at, 3)
    told = retold(Event("batch_levitated", "b", msgspec.Raw(b"{}"), *who))
    assert (told.command, told.outcome) == ("c", Outcome.APPLIED)
    assert command("x", "y", {}).id != told.command
