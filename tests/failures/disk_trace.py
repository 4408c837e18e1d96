"""Writes down every write and sync of SQLite in this process, by a shim over its file system layer; it changes none."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from ctypes.util import find_library
from pathlib import Path
from typing import Any

import msgspec

TRACE_ENV = "DAPUR_DISK_TRACE"
_LENGTH_BYTES = 4


class Op(msgspec.Struct, frozen=True):
    """One record, in the order in which it happened."""

    what: str
    """`write`, `truncate`, `sync`, `delete`, or `confirmed`: a screen said that a tap is taken."""
    name: str = ""
    """File name; of `confirmed` the command id."""
    at: int = 0
    """Offset or size in bytes; of `confirmed` the dseq."""
    data: bytes = b""


def read(path: Path) -> Iterator[Op]:
    """The records of a trace."""
    text, at = path.read_bytes(), 0
    while at < len(text):
        end = at + _LENGTH_BYTES + int.from_bytes(text[at : at + _LENGTH_BYTES], "big")
        yield msgspec.msgpack.decode(text[at + _LENGTH_BYTES : end], type=Op)
        at = end


# ---- the tables of sqlite3.h ---------------------------------------------------------------------

_Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)
# Names are addresses here: SQLite keeps the one that it opened with, and a copy of ours would be gone.
_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_Delete = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
_METHODS_AFTER_SYNC = 13
_METHODS_AFTER_DELETE = 13


class _Methods(Structure):
    """`sqlite3_io_methods`, version 3."""

    _fields_ = (
        ("version", c_int),
        ("close", c_void_p),
        ("read", c_void_p),
        ("write", _Write),
        ("truncate", _Truncate),
        ("sync", _Sync),
        ("others", c_void_p * _METHODS_AFTER_SYNC),
    )


class _File(Structure):
    """`sqlite3_file`: the methods, then what the layer below keeps."""

    _fields_ = (("methods", POINTER(_Methods)),)


class _Vfs(Structure):
    """`sqlite3_vfs`, version 3."""

    _fields_ = (
        ("version", c_int),
        ("file_bytes", c_int),
        ("path_bytes", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", _Open),
        ("delete", _Delete),
        ("others", c_void_p * _METHODS_AFTER_DELETE),
    )


class Recorder:
    """The shim of this process; make one, before the first file is opened, and keep it."""

    def __init__(self, path: Path) -> None:
        """Append to `path`."""
        self._out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._names: dict[int, str] = {}
        self._methods: dict[int, _Methods] = {}
        self._kept: list[Any] = []
        library = ctypes.CDLL(find_library("sqlite3"))
        library.sqlite3_vfs_find.restype = POINTER(_Vfs)
        below = library.sqlite3_vfs_find(None).contents
        self._below = below
        self._vfs = _Vfs.from_buffer_copy(below)
        self._vfs.next = None
        self._vfs.name = b"dapur-trace"
        self._vfs.open = self._keep(_Open(self._open))
        self._vfs.delete = self._keep(_Delete(self._delete))
        assert library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1) == 0

    def confirmed(self, command: str, dseq: int) -> None:
        """The screen said so at this place of the order."""
        self._put(Op("confirmed", command, dseq))

    def _put(self, op: Op) -> None:
        body = msgspec.msgpack.encode(op)
        os.write(self._out, len(body).to_bytes(_LENGTH_BYTES, "big") + body)

    def _keep(self, function: Any) -> Any:
        """C holds no reference: a callback that is collected ends the process."""
        self._kept.append(function)
        return function

    # ---- called by SQLite ---------------------------------------------------------------------

    def _open(self, vfs: int, name: int | None, file: int, flags: int, out: int) -> int:
        code = int(self._below.open(vfs, name, file, flags, out))
        opened = _File.from_address(file)
        if code == 0 and opened.methods and name is not None:
            self._names[file] = Path(os.fsdecode(ctypes.string_at(name))).name
            opened.methods = ctypes.pointer(self._wrapped(opened.methods.contents))
        return code

    def _delete(self, vfs: int, name: bytes, sync: int) -> int:
        code = int(self._below.delete(vfs, name, sync))
        if code == 0:
            self._put(Op("delete", Path(os.fsdecode(name)).name, sync))
        return code

    def _wrapped(self, below: _Methods) -> _Methods:
        key = ctypes.addressof(below)
        if key not in self._methods:
            made = _Methods.from_buffer_copy(below)
            made.write = self._keep(_Write(self._writing(below.write)))
            made.truncate = self._keep(_Truncate(self._truncating(below.truncate)))
            made.sync = self._keep(_Sync(self._syncing(below.sync)))
            self._methods[key] = made
        return self._methods[key]

    def _writing(self, below: Callable[..., int]) -> Callable[..., int]:
        def write(file: int, data: int, size: int, at: int) -> int:
            code = below(file, data, size, at)
            if code == 0:
                self._put(Op("write", self._names[file], at, ctypes.string_at(data, size)))
            return code

        return write

    def _truncating(self, below: Callable[..., int]) -> Callable[..., int]:
        def truncate(file: int, size: int) -> int:
            code = below(file, size)
            if code == 0:
                self._put(Op("truncate", self._names[file], size))
            return code

        return truncate

    def _syncing(self, below: Callable[..., int]) -> Callable[..., int]:
        def sync(file: int, flags: int) -> int:
            code = below(file, flags)
            if code == 0:
                self._put(Op("sync", self._names[file]))
            return code

        return sync
