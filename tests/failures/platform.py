"""The platform at a real Redis, as a program in another process would be, and a kitchen for it to hear of."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Sequence
from typing import Any

import redis

from dapur.ids import CommandId, DeviceId, KitchenId, OutboxId, StaffId
from dapur.wire.messages import Result
from server.cli.context import now_ms
from server.desk.desk import Desk
from server.desk.ports import DeviceRecord, Log
from tests.support.gateway import command
from tests.support.taps import DATE, WAVES, plan_args

Said = dict[str, Any]
OUTBOX = OutboxId("platform-test")


class Ear:
    """Hears everything of one kitchen in a thread of its own, over as many connections as it takes."""

    def __init__(self, port: int, kitchen: str) -> None:
        self._port = port
        self._pattern = f"realtime:{kitchen}:*"
        self._ended = threading.Event()
        self.ready = threading.Event()
        self.heard: list[tuple[str, Said]] = []
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()

    def _hear(self) -> None:
        while not self._ended.is_set():
            try:
                with redis.Redis(port=self._port, socket_connect_timeout=2) as client:
                    ear = client.pubsub()
                    ear.psubscribe(self._pattern)
                    while not self._ended.is_set():
                        self._one(ear.get_message(timeout=0.2))
            except (redis.RedisError, OSError):
                self.ready.clear()
                time.sleep(0.05)

    def _one(self, said: Any) -> None:
        if said is None:
            return
        if said["type"] == "psubscribe":
            self.ready.set()
        elif said["type"] == "pmessage":
            with contextlib.suppress(ValueError):
                # A test's own garbage is heard here too.
                self.heard.append((said["channel"].decode(), json.loads(said["data"])))

    def ours(self, topic: str) -> list[Said]:
        """What the bridge said of a topic, in the order in which it came."""
        return [said for channel, said in self.heard if channel.endswith(topic) and "epoch" in said]

    def end(self) -> None:
        """Hear no more."""
        self._ended.set()
        self._thread.join(5)


def _nobody(_devices: Sequence[DeviceId]) -> dict[DeviceId, DeviceRecord]:
    return {}


class Hand:
    """Writes into a kitchen's log as a server process of its own."""

    def __init__(self, log: Log, kitchen: KitchenId) -> None:
        self._desk = Desk(log, devices=_nobody, now_ms=now_ms)
        self._kitchen = kitchen
        self._made = 0

    def begin(self) -> None:
        """A night with a batch."""
        night = {"serving_date": DATE, "zone": "WIB", "offset_min": 420, "waves": WAVES}
        self.give("open_night", "night:kitchen", night)
        self.give("plan_batch", "b1", plan_args())

    def measure(self, value_c: float) -> None:
        """A reading, which the platform hears of."""
        self.give("record_temperature", "b1", {"value_c": value_c})

    def give(self, kind: str, subject: str, args: object) -> tuple[Result, ...]:
        """One command of the server itself."""
        own = command(kind, subject, args, actor=StaffId("system"))
        self._made += 1
        assert own.id != CommandId("")
        return self._desk.take_now(self._kitchen, OUTBOX, [own])


def word(kitchen: str, text: str, *, own: str | None = None, stamped: bool = True) -> Said:
    """A notice of the platform in the strict form."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    said: Said = {"v": 1, "type": "system.notice", "sppgId": kitchen, "data": {"message": text}}
    return said | ({"id": own} if own else {}) | ({"timestamp": stamp} if stamped else {})
