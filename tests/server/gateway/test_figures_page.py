"""The figures' own address: the exposition text for a collector, nothing for a kiosk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from server.gateway.figures_page import FiguresPage
from server.metrics import Metrics

WAIT_S = 10.0


@asynccontextmanager
async def open_page(metrics: Metrics) -> AsyncIterator[int]:
    page = FiguresPage(metrics)
    try:
        yield await page.open("127.0.0.1", 0)
    finally:
        await page.close()
        await page.close()


async def asked(port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    async with asyncio.timeout(WAIT_S):
        answer = await reader.read()
    writer.close()
    return answer


async def test_collector_reads_the_figures() -> None:
    metrics = Metrics()
    metrics.connections.set(3)
    async with open_page(metrics) as port:
        first = await asked(port, "/metrics")
        assert first.startswith(b"HTTP/1.1 200 ")
        assert b"dapur_connections 3.0" in first
        metrics.connections.set(4)
        assert b"dapur_connections 4.0" in await asked(port, "/metrics")
        assert (await asked(port, "/")).startswith(b"HTTP/1.1 404 ")


async def test_kiosk_at_the_wrong_door_is_told_that_there_is_nothing() -> None:
    async with open_page(Metrics()) as port:
        with pytest.raises(InvalidStatus) as caught:
            async with connect(f"ws://127.0.0.1:{port}/"):
                pass
    assert caught.value.response.status_code == 404


async def test_page_that_never_opened_closes() -> None:
    await FiguresPage(Metrics()).close()
