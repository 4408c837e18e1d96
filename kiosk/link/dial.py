"""Opens one connection, or says why there is none; who calls, and when again, is not its business."""

from __future__ import annotations

import ssl
from functools import partial
from typing import cast

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from dapur.sync.effects import Ended
from dapur.wire.messages import FRAME_MAX_BYTES, SUBPROTOCOL
from kiosk.clock import KioskTime
from kiosk.link.line import Line
from kiosk.link.trust import FOREIGN, Trust, is_foreign, verified

CLOSE_S = 2.0
OPEN_S = 10.0
QUEUED_FRAMES = 16
FOREIGN_S = 10.0


async def called(url: str, trust: Trust | None, time: KioskTime) -> Line | Ended:
    """A socket to our server, or why there is none."""
    try:
        if trust is None:
            return await dial(url, None)
        return await verified(partial(dial, url), trust, time)
    except InvalidStatus as error:
        retry_s = _retry_after_s(error)
        return Ended(None, retry_s, f"the server answered {error.response.status_code}")
    except (OSError, InvalidHandshake, InvalidURI) as error:
        if is_foreign(error):
            # It may be ours again soon; a stranger's network is not called all the time.
            return Ended(None, FOREIGN_S, f"{FOREIGN}{error}")
        return Ended(None, 0.0, f"{type(error).__name__}: {error}")


async def dial(url: str, tls: ssl.SSLContext | None) -> Line:
    """Open a connection with the limits of this protocol (sync.md, Limits)."""
    socket = await connect(
        url,
        create_connection=Line,
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        compression=None,
        max_size=FRAME_MAX_BYTES,
        max_queue=QUEUED_FRAMES,
        open_timeout=OPEN_S,
        # The watchdog finds a dead server by its silence. On a line of 8 kbit/s a pong may wait for
        # a minute behind a window of pages: the library's own ping would cut what is healthy.
        ping_interval=None,
        close_timeout=CLOSE_S,
        proxy=None,
        ssl=(tls or True) if url.startswith("wss:") else None,
    )
    return cast(Line, socket)


def _retry_after_s(error: InvalidStatus) -> float:
    value = error.response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else 0.0
