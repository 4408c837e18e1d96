"""A peer: Django Channels with its Redis pub/sub layer, a group for each kitchen; knows nothing of the product.

Run as a program it prints what another process would publish for the kitchen t99999.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from importlib import import_module
from typing import Any

_REDIS = f"redis://127.0.0.1:{os.environ['REDIS_PORT']}?max_connections=10000"
_LAYER = {
    "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
    "CONFIG": {"hosts": [_REDIS]},
}
import_module("django.conf").settings.configure(
    SECRET_KEY="bench",
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["channels"],
    CHANNEL_LAYERS={"default": _LAYER},
    LOGGING_CONFIG=None,
)
import_module("django").setup()

_consumer: Any = import_module("channels.generic.websocket").AsyncWebsocketConsumer


async def _connect(self: Any) -> None:
    self.group = self.scope["path"].rsplit("/", 1)[1]
    await self.channel_layer.group_add(self.group, self.channel_name)
    await self.accept()


async def _disconnect(self: Any, _code: int) -> None:
    await self.channel_layer.group_discard(self.group, self.channel_name)


async def _status(self: Any, event: dict[str, str]) -> None:
    await self.send(text_data=event["data"])


Kiosk: Any = type(
    "Kiosk",
    (_consumer,),
    {"connect": _connect, "disconnect": _disconnect, "status": _status},
)
application: Any = Kiosk.as_asgi()


async def _template(payload: str) -> None:
    """Publish once, and print what Redis was given."""
    redis = import_module("redis.asyncio").Redis(port=int(os.environ["REDIS_PORT"]))
    subscriber = redis.pubsub()
    await subscriber.psubscribe("*")
    layer = import_module("channels.layers").get_channel_layer()
    await layer.group_send("t99999", {"type": "status", "data": payload})
    async for message in subscriber.listen():
        if message["type"] == "pmessage":
            channel = message["channel"].decode()
            text = base64.b64encode(message["data"]).decode()
            print(json.dumps({"channel": channel, "message": text}), flush=True)
            return


if __name__ == "__main__":
    asyncio.run(_template(sys.argv[1]))
