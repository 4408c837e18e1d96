"""Figures that tell of a trouble have to move when there is one."""

from __future__ import annotations

import threading
import time
from functools import partial

import pytest
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from dapur.envelope import Occurred
from dapur.wire.codec import encode
from dapur.wire.messages import GoodbyeCode, Got, Outcome
from server.desk.ports import Unavailable
from tests.support.fake_log import FakeLog
from tests.support.gateway import Shop, command, open_shop, until


def _wait(going_on: threading.Event) -> None:
    going_on.wait(10)


def figures(shop: Shop) -> dict[str, float]:
    """Every sample without labels."""
    families = text_string_to_metric_families(shop.services.metrics.text().decode())
    return {
        sample.name: sample.value
        for family in families
        for sample in family.samples
        if not sample.labels
    }


async def test_items_for_a_person_are_counted_until_they_are_settled() -> None:
    async with open_shop() as shop:
        assert figures(shop)["dapur_reviews_open"] == 0
        kiosk = await shop.kiosk().connect()
        for count in (1, 2):
            [result] = await kiosk.tap(command("no_such_kind", "b1", {}))
            assert result.outcome is Outcome.REFUSED
            assert figures(shop)["dapur_reviews_open"] == count
        await kiosk.hang_up()
        await until(lambda: not shop.services.connections)
        assert figures(shop)["dapur_reviews_open"] == 0, "no kiosk of that kitchen is here"


async def test_kiosk_that_is_behind_and_keeps_taps_is_seen() -> None:
    async with open_shop() as shop:
        kiosk = await shop.kiosk().connect()
        for number in range(4):
            await shop.notice(str(number))
        await kiosk.reached(4)
        await kiosk.send(encode(Got(1, 1, unsent=7)))
        await until(lambda: figures(shop)["dapur_kiosk_unsent"] == 7)
        assert figures(shop)["dapur_kiosk_lag_events"] == 3
        await kiosk.send(encode(Got(4, 1, unsent=0)))
        await until(lambda: figures(shop)["dapur_kiosk_unsent"] == 0)
        assert figures(shop)["dapur_kiosk_lag_events"] == 0


async def test_age_of_a_tap_that_waited_offline_is_told() -> None:
    async with open_shop() as shop:
        kiosk = await shop.kiosk().connect()
        hour_ago_ms = int(time.time() * 1000) - 3_600_000
        tap = command("no_such_kind", "b1", {})
        await kiosk.tap(replace(tap, occurred=Occurred(hour_ago_ms, hour_ago_ms)))
        await until(lambda: figures(shop).get("dapur_pending_age_seconds_count") == 1)
        assert 3_500 < figures(shop)["dapur_pending_age_seconds_sum"] < 3_700


async def test_tap_that_waits_for_the_writer_is_told_by_its_age() -> None:
    async with open_shop() as shop:
        kiosk = await shop.kiosk().connect()
        assert figures(shop)["dapur_oldest_unanswered_seconds"] == 0
        going_on = threading.Event()
        shop.services.writer.run(partial(_wait, going_on))
        kiosk.keep(command("no_such_kind", "b1", {}))
        await kiosk.push()
        await until(lambda: figures(shop)["dapur_oldest_unanswered_seconds"] > 0)
        going_on.set()
        await until(lambda: len(kiosk.results) == 1)
        assert figures(shop)["dapur_oldest_unanswered_seconds"] == 0


async def test_outbox_that_was_put_back_is_counted() -> None:
    async with open_shop() as shop:
        kiosk = await shop.kiosk().connect()
        await kiosk.tap(command("no_such_kind", "b1", {}), command("no_such_kind", "b2", {}))
        await kiosk.hang_up()
        del kiosk.outbox_rows[1:], kiosk.results[2]
        await kiosk.connect()
        assert kiosk.end.code is GoodbyeCode.FORK
        assert figures(shop)["dapur_forks_total"] == 1


@pytest.mark.expected_log("heads cannot be read")
async def test_database_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    log = FakeLog()
    async with open_shop(log) as shop:
        await shop.kiosk().connect()
        await shop.services.fanout.poll()
        assert figures(shop)["dapur_database_up"] == 1

        def away(_kitchens: object) -> object:
            raise Unavailable("test")

        with monkeypatch.context() as patch:
            patch.setattr(log, "heads", away)
            await shop.services.fanout.poll()
            assert figures(shop)["dapur_database_up"] == 0
        await shop.services.fanout.poll()
        assert figures(shop)["dapur_database_up"] == 1
