"""Where bundled files lie: one accessor for checkout, wheel and bundle; it only reads."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


@cache
def root() -> Traversable:
    """The folder of resources: packed beside the code if it is there, else the checkout's."""
    packed = files("dapur") / "_resources"
    if packed.is_dir():
        return packed
    return Path(__file__).resolve().parent.parent / "resources"


def path(name: str) -> Traversable:
    """One file or folder under the root; `name` uses `/`."""
    found = root()
    for part in name.split("/"):
        found = found / part
    return found


def read_bytes(name: str) -> bytes:
    """The bytes of one file; raises FileNotFoundError if it is not bundled."""
    return path(name).read_bytes()
