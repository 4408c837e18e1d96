"""The server's own key, the kitchens, and identity behind the gateway's door with a kiosk's key."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from dapur.envelope import GENESIS
from dapur.ids import DeviceId, KitchenId, OutboxId
from dapur.sync.effects import Identify, Register
from dapur.wire.messages import (
    Claims,
    Enrol,
    GoodbyeCode,
    Hello,
    enrol_text,
    hello_text,
)
from kiosk.vault.device_key import DeviceKey
from server.desk.ports import Enrolled, Unavailable
from server.gateway.admission import Door, TurnedAway, Welcomed
from server.identity.sql_identity import SqlIdentity
from server.log.sql_log import SqlLog
from tests.support.databases import opened
from tests.support.identity_rig import K1, K2, NOW, Rig, roles_of

NONCE = bytes(range(32))


@pytest.fixture
def door(rig: Rig) -> Door:
    log = SqlLog(rig.engine)
    log.create_kitchen(K1, epoch="e1")
    return Door(log, rig.identity, lambda: NOW)


@pytest.fixture
def key(tmp_path: Path) -> DeviceKey:
    return DeviceKey.load_or_make(tmp_path / "secrets", {})


def register(code: str, key: DeviceKey, signature: bytes | None = None) -> Register:
    text = enrol_text(NONCE, code, key.public_key)
    return Register(Enrol(code, key.public_key, signature or key.sign(text)), text)


def identify(device: DeviceId, key: DeviceKey, nonce: bytes = NONCE) -> Identify:
    """A hello signed over `nonce`, shown to a server that asked with NONCE."""
    claims = Claims(
        device, OutboxId("o"), 0, GENESIS, "", 0, GENESIS, app="test", states=(1,), sent_ms=1
    )
    told = msgspec.json.encode(claims).decode()
    return Identify(Hello(told, key.sign(hello_text(nonce, told))), claims, hello_text(NONCE, told))


def test_kiosk_enrols_and_is_known_at_the_door(rig: Rig, door: Door, key: DeviceKey) -> None:
    made = door.register(register(rig.identity.new_code(K1, "Kios", NOW), key))
    assert isinstance(made, Enrolled)
    welcomed = door.identify(identify(made.device, key))
    assert isinstance(welcomed, Welcomed)
    assert (welcomed.record.kitchen, welcomed.admission.kitchen) == (K1, K1)


@pytest.mark.expected_log("wrong signature")
def test_kiosk_with_another_key_or_an_old_nonce_is_a_stranger(
    rig: Rig, door: Door, key: DeviceKey, tmp_path: Path
) -> None:
    made = door.register(register(rig.identity.new_code(K1, "Kios", NOW), key))
    assert isinstance(made, Enrolled)
    thief = DeviceKey.load_or_make(tmp_path / "thief", {})
    stranger = TurnedAway(GoodbyeCode.UNKNOWN_DEVICE, "not enrolled here")
    assert door.identify(identify(made.device, thief)) == stranger
    assert door.identify(identify(made.device, key, nonce=bytes(32))) == stranger
    assert door.identify(identify(DeviceId("nobody"), key)) == stranger


def test_wrong_signature_does_not_use_a_code_up(rig: Rig, door: Door, key: DeviceKey) -> None:
    code = rig.identity.new_code(K1, "Kios", NOW)
    for _ in range(6):
        turned = door.register(register(code, key, signature=bytes(64)))
        assert turned == TurnedAway(GoodbyeCode.BAD_CODE, "signature")
    assert isinstance(door.register(register(code, key)), Enrolled)


@pytest.mark.expected_log("an enrolment failed")
def test_wrong_code_is_turned_away(door: Door, key: DeviceKey) -> None:
    turned = door.register(register("0000-0000-0000", key))
    assert turned == TurnedAway(GoodbyeCode.BAD_CODE, "code_wrong")


def test_revoked_kiosk_is_told_so(rig: Rig, door: Door, key: DeviceKey) -> None:
    made = door.register(register(rig.identity.new_code(K1, "Kios", NOW), key))
    assert isinstance(made, Enrolled)
    rig.identity.revoke(made.device, NOW)
    assert door.identify(identify(made.device, key)) == TurnedAway(GoodbyeCode.REVOKED, "revoked")


def test_servers_of_one_database_sign_with_one_key(rig: Rig) -> None:
    both = [rig.identity, rig.restarted()] * 2
    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(lambda one: one.server_key().public_key().public_bytes_raw(), both))
    assert len(set(keys)) == 1
    again = rig.restarted().server_key().public_key().public_bytes_raw()
    assert again == keys[0]


def test_kitchen_is_added_once_and_renamed(rig: Rig) -> None:
    rig.identity.add_kitchen(K1, "Dapur Melati", utc_offset_min=480)
    kitchens = [(one.id, one.name, one.utc_offset_min) for one in rig.identity.kitchens()]
    assert kitchens == [(K1, "Dapur Melati", 480), (K2, "Dapur k2", 420)]


@pytest.mark.parametrize(("kitchen", "name"), [("", "a"), ("a/b", "a"), ("k3", ""), ("k3", "\0")])
def test_kitchen_needs_an_id_and_a_name(rig: Rig, kitchen: str, name: str) -> None:
    with pytest.raises(ValueError, match=r"id|name"):
        rig.identity.add_kitchen(KitchenId(kitchen), name)


def test_identity_says_unavailable_when_the_database_is_away(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'missing' / 'x'}") as engine:
        identity = SqlIdentity(engine, roles_of)
        with pytest.raises(Unavailable):
            identity.device(DeviceId("d"))
        with pytest.raises(Unavailable):
            identity.enrol("0000-0000-0000", bytes(32), NOW)
