"""A peer: FastAPI on uvicorn with redis-py and a set of sockets for each kitchen; knows nothing of the product.

Its libraries are in the bench's own environment, which no type checker sees.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any

rooms: dict[str, set[Any]] = {}


async def _pump() -> None:
    subscriber = import_module("redis.asyncio").Redis(port=int(os.environ["REDIS_PORT"])).pubsub()
    await subscriber.psubscribe("realtime:*:production:status")
    async for message in subscriber.listen():
        if message["type"] == "pmessage":
            text = message["data"].decode()
            for socket in list(rooms.get(message["channel"].split(b":", 2)[1].decode(), ())):
                await socket.send_text(text)


async def _kiosk(socket: Any) -> None:
    await socket.accept()
    room = rooms.setdefault(socket.path_params["kitchen"], set())
    room.add(socket)
    try:
        while True:
            await socket.receive_text()
    except import_module("fastapi").WebSocketDisconnect:
        room.discard(socket)


@contextlib.asynccontextmanager
async def _lifespan(_app: object) -> AsyncIterator[None]:
    pump = asyncio.create_task(_pump())
    yield
    pump.cancel()


app: Any = import_module("fastapi").FastAPI(lifespan=_lifespan)
# FastAPI reads from the annotation what to hand over.
_kiosk.__annotations__["socket"] = import_module("fastapi").WebSocket
app.add_api_websocket_route("/ws/{kitchen}", _kiosk)
