"""The first meeting with a server: a code and a new key for an identity; it stores nothing."""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from dapur.wire.codec import BadFrame, decode_server, encode
from dapur.wire.messages import Challenge, Enrol, Enrolled, Goodbye, ServerFrame, enrol_text
from kiosk.link.dial import dial
from kiosk.link.errors import EnrolRefused
from kiosk.link.key import Key
from kiosk.link.trust import Trust

ANSWER_S = 15.0


async def enrol(url: str, code: str, key: Key, *, tls: Trust | None = None) -> Enrolled:
    """Show the code, prove the key, and learn who this kiosk is.

    Raises EnrolRefused when the server says no, OSError or TimeoutError when it cannot be reached.
    """
    async with asyncio.timeout(ANSWER_S):
        socket = await dial(url, None if tls is None else tls.context)
        try:
            return await _exchange(socket, code, key)
        except ConnectionClosed as error:
            raise EnrolRefused("", str(error)) from error
        except BadFrame as error:
            raise EnrolRefused("bad_frame", str(error)) from error
        finally:
            await socket.close()


async def _exchange(socket: ClientConnection, code: str, key: Key) -> Enrolled:
    challenge = _told(decode_server(await socket.recv()))
    if not isinstance(challenge, Challenge):
        raise EnrolRefused("bad_frame", "a challenge was expected")
    signature = key.sign(enrol_text(challenge.nonce, code, key.public_key))
    await socket.send(encode(Enrol(code, key.public_key, signature)))
    answer = _told(decode_server(await socket.recv()))
    if not isinstance(answer, Enrolled):
        raise EnrolRefused("bad_frame", "an identity was expected")
    return answer


def _told(frame: ServerFrame) -> ServerFrame:
    if isinstance(frame, Goodbye):
        raise EnrolRefused(frame.code, frame.detail)
    return frame
