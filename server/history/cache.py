"""Remembers answers about the past, here and for all processes; an answer is never older than the tables."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol, TypeVar

import msgspec
from cachetools import TLRUCache

from dapur.ids import KitchenId
from server.history.answers import Answers
from server.history.projector import VERSION
from server.metrics import Metrics

KEPT_S = 30
"""An answer may depend on the hour (what is overdue), so also an unchanged one is made anew."""
NEAR_BYTES = 8 * 1024 * 1024
"""Some two hundred of the longest answers."""
ENTRY_BYTES = 400
"""Key, structs and place of an entry."""

T = TypeVar("T")


class Shared(Protocol):
    """What all processes remember together; it may forget, and be away, at any time."""

    async def get(self, key: str, /) -> bytes | None:
        """What is kept; None when nothing is, or when it cannot be told in time."""

    async def put(self, key: str, value: bytes, kept_s: int, /) -> None:
        """Keep it for so long, if that can be done in time."""

    async def close(self) -> None:
        """Let the connections go."""


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """One answer."""

    made_ms: int
    """UTC ms of the server that made it."""
    reply: msgspec.Raw

    def fresh_s(self, now_ms: int) -> float:
        """For how long it may still be told; not positive: no longer."""
        return KEPT_S - max(0, now_ms - self.made_ms) / 1000


class _Near(msgspec.Struct, frozen=True):
    kept: Kept
    fresh_s: float


class CachedAnswers:
    """`server.desk.ports.Library`. Used on the loop's thread; the tables are read in a thread of its own.

    A key holds the kitchen, its epoch and the position of its tables, so a new event or a restore
    makes all earlier answers of its kitchen unreachable, in every process; nothing has to be told.
    """

    def __init__(self, answers: Answers, metrics: Metrics, shared: Shared | None = None) -> None:
        """`shared`: what several processes remember together; None for one process alone."""
        self.names = answers.names
        self._answers = answers
        self._metrics = metrics
        self._shared = shared
        # One thread: whoever leafs through months holds up no sign-in and no kiosk that catches up.
        self._librarian = ThreadPoolExecutor(1, "librarian")
        self._near: TLRUCache[str, _Near] = TLRUCache(NEAR_BYTES, _until_s, getsizeof=_bytes)
        self._on_the_way: dict[str, asyncio.Task[Kept]] = {}
        self._sharing: set[asyncio.Task[None]] = set()

    async def answer(
        self, kitchen: KitchenId, name: str, args: msgspec.Raw, now_ms: int
    ) -> msgspec.Raw:
        """The reply's JSON, of this kitchen alone. Raises QueryError, Unavailable."""
        moment = await self._in_thread(self._answers.moment, kitchen)
        key = _key(kitchen, moment, name, args)
        near = self._near.get(key)
        if near is None:
            return (await self._found(key, kitchen, name, args, now_ms)).reply
        self._metrics.answered("memory", now_ms - near.kept.made_ms)
        return near.kept.reply

    async def close(self) -> None:
        """End what is on its way and the thread."""
        waiting = [*self._on_the_way.values(), *self._sharing]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        if self._shared is not None:
            await self._shared.close()
        self._librarian.shutdown(wait=True, cancel_futures=True)

    async def _found(
        self, key: str, kitchen: KitchenId, name: str, args: msgspec.Raw, now_ms: int
    ) -> Kept:
        """Asked once, however many kiosks wait for it: a kitchen's desks look at the same figures."""
        task = self._on_the_way.get(key)
        if task is None:
            task = asyncio.create_task(self._find(key, kitchen, name, args, now_ms))
            self._on_the_way[key] = task
            task.add_done_callback(partial(self._arrived, key))
        # Who hangs up does not take the answer from the others.
        return await asyncio.shield(task)

    def _arrived(self, key: str, task: asyncio.Task[Kept]) -> None:
        del self._on_the_way[key]
        if not task.cancelled():
            task.exception()  # whoever still waits is told; nobody may be left

    async def _find(
        self, key: str, kitchen: KitchenId, name: str, args: msgspec.Raw, now_ms: int
    ) -> Kept:
        kept = await self._from_others(key, now_ms)
        if kept is not None:
            self._metrics.answered("redis", now_ms - kept.made_ms)
        else:
            reply = await self._in_thread(self._answers.answer, kitchen, name, args, now_ms)
            kept = Kept(now_ms, reply)
            self._metrics.answered("tables", 0)
            self._share(key, kept)
        self._near[key] = _Near(kept, kept.fresh_s(now_ms))
        return kept

    async def _from_others(self, key: str, now_ms: int) -> Kept | None:
        found = await self._shared.get(key) if self._shared is not None else None
        if found is None:
            return None
        try:
            kept = msgspec.json.decode(found, type=Kept)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return None
        # Clocks of machines differ; by the same clock Redis forgets it in time.
        return kept if kept.fresh_s(now_ms) > 0 else None

    def _share(self, key: str, kept: Kept) -> None:
        if self._shared is None:
            return
        task = asyncio.create_task(self._shared.put(key, msgspec.json.encode(kept), KEPT_S))
        self._sharing.add(task)
        task.add_done_callback(self._sharing.discard)

    async def _in_thread(self, work: Callable[..., T], *args: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._librarian, partial(work, *args))


def _bytes(near: _Near) -> int:
    return len(bytes(near.kept.reply)) + ENTRY_BYTES


def _until_s(_key: str, near: _Near, now_s: float) -> float:
    return now_s + near.fresh_s


def _key(kitchen: KitchenId, moment: str, name: str, args: msgspec.Raw) -> str:
    """Of kitchen, moment and question. What folds or answers differently asks under another name."""
    asked = hashlib.blake2b(bytes(args), digest_size=16).hexdigest()
    return f"dapur:{kitchen}:past:{VERSION}:{moment}:{name}:{asked}"
