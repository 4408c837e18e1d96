"""Events of several frames in one transaction: what may be held back, and what may not go before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dapur.notice import PostNoticeArgs
from dapur.sync.effects import ApplyEvents, Effect, Send
from dapur.wire.messages import ClientFrame, Got, Pull, ServerFrame
from kiosk.link import carry as carry_module
from kiosk.link.carry import Carrier
from kiosk.local.errors import DiskRefused, DiskTrouble
from tests.support.mini_server import MiniServer
from tests.support.night import open_night
from tests.support.offline_kiosk import OfflineKiosk


class Shell:
    """What stands around a carrier."""

    def __init__(self, folder: Path) -> None:
        server = MiniServer()
        open_night(server)
        self.kiosk = OfflineKiosk(folder / "store", server)
        self.log = server.log
        self.first = self.kiosk.mirror.seq + 1
        for number in range(6):
            server.system("post_notice", f"notice:{number}", PostNoticeArgs(text=f"kabar {number}"))
        self.stored: list[int] = []
        self.sent: list[ClientFrame | ServerFrame] = []
        self.seq_when_sent: list[int] = []
        self.asked = 0
        self.carrier = Carrier(
            self.kiosk.mirror,
            self.kiosk.time,
            device=self.kiosk.device,
            app="test",
            put=self._put,
            sign=lambda text: text,
            on_reply=lambda _: None,
            on_admitted=lambda: None,
        )
        self.kiosk.mirror.subscribe(lambda: self.stored.append(self.kiosk.store.position.seq))

    def hold(self) -> None:
        """As a connection does."""
        self.carrier.on_held = self._asked_for

    def _asked_for(self, _urgent: bool) -> None:
        self.asked += 1

    def _put(self, frame: ClientFrame | ServerFrame) -> bool:
        self.sent.append(frame)
        self.seq_when_sent.append(self.kiosk.store.position.seq)
        return True

    def events(self, number: int) -> Effect:
        """The event of this number, from 0, as a frame brings it."""
        seq = self.first + number
        body, link = self.log[seq - 1]
        return ApplyEvents(seq, (body,), link)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_events_are_stored_frame_by_frame_when_nobody_asked_to_hold_them(shell: Shell) -> None:
    for number in range(3):
        shell.carrier.carry([shell.events(number)])
    assert shell.stored == [shell.first, shell.first + 1, shell.first + 2]


def test_events_of_many_frames_are_stored_at_once_when_the_shell_says_so(shell: Shell) -> None:
    shell.hold()
    for number in range(3):
        shell.carrier.carry([shell.events(number)])
    assert shell.asked == 1
    assert shell.stored == []
    shell.carrier.flush()
    assert shell.stored == [shell.first + 2]
    shell.carrier.carry([shell.events(3)])
    assert shell.asked == 2
    shell.carrier.flush()
    assert shell.kiosk.mirror.seq == shell.first + 3
    assert shell.kiosk.store.position.hash == shell.log[shell.first + 2][1]


def test_receipt_of_events_leaves_only_when_they_are_stored(shell: Shell) -> None:
    shell.hold()
    shell.carrier.carry([shell.events(0), Send(Got(shell.first, 0))])
    assert shell.sent == [Got(shell.first, 0)]
    assert shell.seq_when_sent == [shell.first]


def test_pull_leaves_at_once_when_events_are_held_back(shell: Shell) -> None:
    shell.hold()
    shell.carrier.carry([shell.events(0), Send(Pull(shell.first))])
    assert shell.sent == [Pull(shell.first)]
    assert shell.stored == []
    shell.carrier.flush()
    assert shell.stored == [shell.first]


def test_events_are_stored_when_as_many_as_one_transaction_takes_are_held(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carry_module, "HELD_EVENTS", 2)
    shell.hold()
    for number in range(5):
        shell.carrier.carry([shell.events(number)])
    assert shell.stored == [shell.first + 1, shell.first + 3]
    shell.carrier.flush()
    assert shell.stored[-1] == shell.first + 4


def test_connection_ends_when_the_disk_refuses_held_events(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        raise DiskRefused(DiskTrouble.FULL, "test")

    shell.hold()
    shell.carrier.carry([shell.events(0)])
    monkeypatch.setattr(shell.kiosk.store, "apply", refuse)
    shell.carrier.flush()
    assert shell.carrier.over is not None
    assert shell.stored == []
