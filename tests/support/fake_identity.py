"""Devices in memory: the gateway's other half in tests that need no database."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dapur.ids import DeviceId, KitchenId
from server.desk.ports import DeviceRecord, Enrolled, QueryError, Sign


class FakeIdentity:
    """`server.desk.ports.Identity`; `echo` answers its arguments, `slow` takes its time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: dict[DeviceId, DeviceRecord] = {}
        self.codes: dict[str, KitchenId] = {}
        self.positions: dict[DeviceId, int] = {}
        self.slow_s = 0.2

    def add(self, device: str, kitchen: KitchenId, key: Ed25519PrivateKey) -> DeviceId:
        """Enrol a device as if by code."""
        name = DeviceId(device)
        public_key = key.public_key().public_bytes_raw()
        self._records[name] = DeviceRecord(name, kitchen, device, public_key, 0, None)
        return name

    def revoke(self, device: DeviceId, now_ms: int = 1) -> None:
        """As a supervisor does."""
        record = self._records[device]
        self._records[device] = msgspec.structs.replace(record, revoked_ms=now_ms)

    def device(self, device: DeviceId) -> DeviceRecord | None:
        """The record of a device."""
        return self._records.get(device)

    def records(self, devices: Sequence[DeviceId]) -> dict[DeviceId, DeviceRecord]:
        """The same of several."""
        return {each: self._records[each] for each in devices if each in self._records}

    def revoked(self, devices: Sequence[DeviceId]) -> frozenset[DeviceId]:
        """Those that are revoked or unknown."""
        found = (self._records.get(device) for device in devices)
        return frozenset(
            device
            for device, record in zip(devices, found, strict=True)
            if record is None or record.revoked_ms is not None
        )

    def enrol(self, code: str, public_key: bytes, now_ms: int) -> Enrolled:
        """Use a code once."""
        with self._lock:
            kitchen = self.codes.pop(code, None)
            if kitchen is None:
                raise QueryError("code_wrong")
            device = DeviceId(f"d-{len(self._records)}")
            record = DeviceRecord(device, kitchen, device, public_key, now_ms, None)
            self._records[device] = record
        return Enrolled(device, kitchen)

    def heard(
        self,
        signs: Mapping[DeviceId, Sign],
        connections: int,  # noqa: ARG002 - the port
        now_ms: int,  # noqa: ARG002 - the port
    ) -> None:
        """Remember how far they are."""
        self.positions |= {device: sign.got_seq for device, sign in signs.items()}

    def ended(self) -> None:
        """Nobody asks a fake for its processes."""

    def answer(
        self,
        device: DeviceRecord,  # noqa: ARG002 - the port
        name: str,
        args: msgspec.Raw,
        now_ms: int,  # noqa: ARG002 - the port
    ) -> msgspec.Raw:
        """Answer `echo` and `slow`; `crash` is a fault of ours."""
        if name == "slow":
            time.sleep(self.slow_s)
        if name == "crash":
            raise RuntimeError("the query broke")
        if name not in ("echo", "slow"):
            raise QueryError("unknown_query", name[:64])
        return args
