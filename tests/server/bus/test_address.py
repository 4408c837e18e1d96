"""The bus's address: what it means to the library, and what nobody is told when it is wrong."""

from __future__ import annotations

import ssl

import pytest
from redis.asyncio.connection import Connection, SSLConnection
from redis.asyncio.sentinel import SentinelManagedConnection

from server.bus.address import BadAddress, dialler_of, shown


def test_bus_dials_the_host_the_port_and_the_database_of_its_address() -> None:
    made = dialler_of("redis://ibu:ra%2Fhasia@bus.example:7001/3").dial()
    assert isinstance(made, Connection)
    assert (made.host, made.port, made.db) == ("bus.example", 7001, 3)
    assert (made.username, made.password) == ("ibu", "ra/hasia")


def test_bus_checks_the_certificate_of_a_redis_behind_tls() -> None:
    made = dialler_of("rediss://bus.example:7001").dial()
    assert isinstance(made, SSLConnection)
    assert made.cert_reqs == ssl.CERT_REQUIRED
    assert made.check_hostname


def test_bus_asks_its_sentinels_for_the_master() -> None:
    address = "redis+sentinel://:rahasia@s1.example:7002,s2.example/dapur/2?sentinel_password=lain"
    dialler = dialler_of(address)  # it keeps what the connection leans on
    made = dialler.dial()
    assert isinstance(made, SentinelManagedConnection)
    pool = made.connection_pool
    asked = [each.connection_pool.connection_kwargs for each in pool.sentinel_manager.sentinels]
    assert [(each["host"], each["port"]) for each in asked] == [
        ("s1.example", 7002),
        ("s2.example", 26_379),
    ]
    assert {each["password"] for each in asked} == {"lain"}
    assert (pool.service_name, made.db, made.password) == ("dapur", 2, "rahasia")


@pytest.mark.parametrize(
    "address",
    [
        "redis://ibu:rahasia@bus:port",
        "redis://:raha/sia@bus",
        "redis://ibu:rahasia@",
        "redis://ibu:rahasia@bus?protokol=3",
        "redis://ibu:rahasia@bus:70000",
        "redis+sentinel://ibu:rahasia@s1,,s2/dapur",
        "redis+sentinel://ibu:rahasia@s1:x/dapur",
        "redis+sentinel://ibu:rahasia@s1",
        "redis+sentinel://ibu:rahasia@s1/dapur/x",
        "redis+sentinel://s1/dapur?sentinel_pasword=rahasia",
    ],
)
def test_operator_is_told_of_a_wrong_address_but_not_its_password(address: str) -> None:
    with pytest.raises(BadAddress) as caught:
        dialler_of(address)
    told = str(caught.value)
    assert told.startswith(f"{address.partition(':')[0]}://")
    assert "rahasia" not in told
    assert "raha" not in told


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("redis://ibu:rahasia@bus:6379/0", "redis://bus:6379/0"),
        ("rediss://bus?password=rahasia", "rediss://bus"),
        ("redis+sentinel://:rahasia@a:1,b:2/dapur", "redis+sentinel://a:1,b:2/dapur"),
    ],
)
def test_log_names_the_bus_without_its_password(address: str, told: str) -> None:
    assert shown(address) == told
