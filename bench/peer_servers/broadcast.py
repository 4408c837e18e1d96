"""A peer: plain `websockets` on uvloop with its own `broadcast()` and redis-py; knows nothing of the product."""

from __future__ import annotations

import asyncio
import logging
import os

import redis.asyncio
import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

rooms: dict[str, set[ServerConnection]] = {}


async def _pump() -> None:
    """Every message of Redis to the kiosks of its kitchen."""
    subscriber = redis.asyncio.Redis(port=int(os.environ["REDIS_PORT"])).pubsub()
    await subscriber.psubscribe("realtime:*:production:status")
    async for message in subscriber.listen():
        if message["type"] == "pmessage":
            kitchen = message["channel"].split(b":", 2)[1].decode()
            broadcast(rooms.get(kitchen, ()), message["data"], text=True)


async def _kiosk(socket: ServerConnection) -> None:
    assert socket.request is not None
    room = rooms.setdefault(socket.request.path.rsplit("/", 1)[1], set())
    room.add(socket)
    try:
        async for _ in socket:
            pass
    finally:
        room.discard(socket)


async def _main() -> None:
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    pump = asyncio.create_task(_pump())
    port = int(os.environ["PORT"])
    async with serve(_kiosk, "127.0.0.1", port, compression=None, backlog=4096, open_timeout=60):
        await pump


if __name__ == "__main__":
    uvloop.run(_main())
