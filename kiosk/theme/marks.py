"""Marks that only the type checker reads; they do nothing when the kiosk runs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing_extensions import override
else:
    # typing.override came with Python 3.12; Debian 12 has 3.11.
    Method = TypeVar("Method", bound=Callable[..., object])

    def override(method: Method) -> Method:
        return method


__all__ = ["override"]
