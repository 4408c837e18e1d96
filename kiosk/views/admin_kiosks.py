"""The kiosks of this kitchen: who is enrolled, let one more in, shut one out; the PIN is not kept."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Signal

from dapur.enrolment import in_lines
from dapur.ids import DeviceId, StaffId
from dapur.wire.queries import (
    DEVICES,
    ENROLMENT_CODE,
    NAME_MAX,
    REVOKE_DEVICE,
    DeviceInfo,
    DevicesArgs,
    DevicesReply,
    EnrolmentCodeArgs,
    EnrolmentCodeReply,
    RevokeDeviceArgs,
)
from kiosk.link.errors import QueryFailed
from kiosk.views.admin_form import day
from kiosk.views.admin_looks import CodeLook, RecordLook
from kiosk.views.ask_pin import Ask, AskView, ask_query, failure_text
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import ButtonLook, ChipLook

SILENT_MS = 5 * 60_000
"""A kiosk that was not heard for so long is worth a look (screens.md 0: 5 min of age)."""


class KiosksView(ViewModel):
    """The list as the server told it last."""

    shown = Signal()

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self._devices: tuple[DeviceInfo, ...] | None = None
        self._asking = False
        self._problem = ""
        self._name = ""
        self._code: EnrolmentCodeReply | None = None

    # ---- the server ---------------------------------------------------------------------------

    def ask(self) -> None:
        """Ask for the list, once at a time."""
        if self._asking:
            return
        self._asking = True
        self._problem = ""
        self.floor.people.link.ask(DEVICES, DevicesArgs(), self._on_devices)
        self.shown.emit()

    def _on_devices(self, answer: msgspec.Raw | QueryFailed) -> None:
        self._asking = False
        if isinstance(answer, QueryFailed):
            self._problem = failure_text(self.floor, answer)
        else:
            self._devices = msgspec.json.decode(answer, type=DevicesReply).devices
        self.shown.emit()

    # ---- what is shown --------------------------------------------------------------------------

    @property
    def online(self) -> bool:
        """Whether the server can be asked."""
        return self.floor.people.link.online

    def notice(self) -> str:
        """What stands above the list instead of silence."""
        words = self.words
        if self._asking:
            return words("admin.asking")
        if not self.online:
            return words("admin.needs_line")
        return self._problem

    def tools(self) -> tuple[ButtonLook, ...]:
        """What can be done besides the rows."""
        words = self.words
        return (
            self._online_button("enrol", words("admin.enrol"), "plus", "primary"),
            self._online_button("refresh", words("admin.refresh"), "refresh-cw", "neutral"),
        )

    def _online_button(self, action: str, text: str, icon: str, role: str) -> ButtonLook:
        return ButtonLook(
            action,
            text,
            icon,
            role if self.online else "blocked",  # type: ignore[arg-type]
            enabled=self.online,
            reason=self.words("admin.needs_line"),
        )

    def rows(self) -> tuple[RecordLook, ...]:
        """Working kiosks first, then revoked ones."""
        devices = sorted(
            self._devices or (), key=lambda one: (one.revoked_ms is not None, one.name)
        )
        return tuple(self._row(device) for device in devices)

    def _row(self, device: DeviceInfo) -> RecordLook:
        floor, words = self.floor, self.words
        now_ms = floor.now_ms
        heard = device.heard_ms
        head = floor.people.store.position.seq
        behind = max(0, head - device.got_seq)
        parts = [
            words("admin.enrolled", at=day(floor, device.enrolled_ms)),
            words("admin.heard", ago=floor.ago(max(0, now_ms - heard)))
            if heard
            else words("admin.never_heard"),
        ]
        if device.revoked_ms is not None:
            chip = ChipLook(words("admin.revoked"), "ban", "held")
            parts = [parts[0], words("admin.revoked_at", at=day(floor, device.revoked_ms))]
            return RecordLook(device.device, device.name, " · ".join(parts), "", chip)
        parts.append(
            words("admin.behind", n=floor.number(behind)) if behind else words("admin.level")
        )
        own = floor.is_own(device.device)
        chip_look = None
        if own:
            chip_look = ChipLook(words("admin.this_kiosk"), "check", "info")
        elif heard is None or now_ms - heard > SILENT_MS:
            chip_look = ChipLook(words("admin.silent"), "wifi-off", "attention")
        revoke = self._online_button("revoke", words("admin.revoke"), "ban", "outlined")
        buttons = () if own else (revoke,)
        return RecordLook(device.device, device.name, " · ".join(parts), "", chip_look, buttons)

    def code(self) -> CodeLook | None:
        """The newest code; it goes when the page is left or it is over."""
        reply, floor, words = self._code, self.floor, self.words
        if reply is None:
            return None
        left_ms = reply.until_ms - floor.now_ms
        if left_ms <= 0:
            return CodeLook(words("admin.code_over", name=self._name), "", "", "", over=True)
        return CodeLook(
            words("admin.code_for", name=self._name),
            in_lines(reply.code),
            words("admin.code_how", server=floor.people.identity.url),
            words("admin.code_left", left=floor.span(left_ms)),
        )

    def forget_code(self) -> None:
        """A code is shown once."""
        self.drop_code()
        self.shown.emit()

    def drop_code(self) -> None:
        """The same, when nothing shows it any more."""
        self._code = None

    # ---- acts -----------------------------------------------------------------------------------

    def enrol(self, name: str) -> AskView:
        """Let a kiosk of this name in."""
        name = name.strip()[:NAME_MAX]
        words = self.words
        ask = Ask(words("admin.enrol_title", name=name), "", "plus", (words("admin.enrol_what"),))

        def request(who: StaffId, pin: str) -> tuple[str, msgspec.Struct]:
            return ENROLMENT_CODE, EnrolmentCodeArgs(who, pin, name)

        def answered(raw: msgspec.Raw) -> None:
            self._name = name
            self._code = msgspec.json.decode(raw, type=EnrolmentCodeReply)
            self.shown.emit()

        return ask_query(self.floor, ask, request, answered)

    def revoke(self, device: str) -> AskView | None:
        """Shut this kiosk out for good."""
        known = next((one for one in self._devices or () if one.device == device), None)
        if known is None:
            return None
        words = self.words
        ask = Ask(
            words("admin.revoke_title", name=known.name),
            "",
            "ban",
            (words("admin.revoke_what"),),
            words("admin.revoke_consent", name=known.name),
        )

        def request(who: StaffId, pin: str) -> tuple[str, msgspec.Struct]:
            return REVOKE_DEVICE, RevokeDeviceArgs(who, pin, DeviceId(device))

        def answered(_raw: msgspec.Raw) -> None:
            self.floor.tell("revoked", words("admin.revoke_done", name=known.name), tone="ok")
            self.ask()

        return ask_query(self.floor, ask, request, answered)
