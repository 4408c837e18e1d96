"""The socket of the library with what it lacks: counted bytes; it reads no frame."""

from __future__ import annotations

from typing import Any

from typing_extensions import override
from websockets.asyncio.client import ClientConnection


class Line(ClientConnection):
    """On a thin line a long frame comes for longer than a server may be silent: its bytes tell."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.heard_bytes = 0

    @override
    def data_received(self, data: bytes) -> None:
        """Count, then let the library read."""
        self.heard_bytes += len(data)
        super().data_received(data)
