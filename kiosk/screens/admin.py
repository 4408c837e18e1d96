"""The administration page: four sections, each a list with buttons; it opens sheets and decides nothing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.admin_form import FormSheet
from kiosk.screens.admin_staff import NewPinSheet, RolesSheet
from kiosk.screens.ask_pin import AskSheet
from kiosk.screens.page import Page
from kiosk.screens.scroll import Scroll
from kiosk.screens.writing import WritingSheet
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.admin import AdminView
from kiosk.views.admin_form import FormView
from kiosk.views.ask_pin import AskView
from kiosk.views.looks import ButtonLook, TopLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.base import empty_layout
from kiosk.widgets.code_panel import CodePanel
from kiosk.widgets.empty_state import EmptyState
from kiosk.widgets.record_row import RecordRow
from kiosk.widgets.segments import Segments
from kiosk.widgets.text_block import TextBlock


class AdminPage(Page):
    """For the Kepala SPPG and the administrator; others read why it is closed."""

    def __init__(self, theme: Theme, view: AdminView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._admin = view
        self._rows: dict[str, RecordRow] = {}
        self._shape: tuple[object, ...] = ()
        self._tools: dict[str, ActionButton] = {}
        self._tools_of = ""
        self._closed = EmptyState(theme, "admin.closed", self)
        self._closed.tapped.connect(self._on_way_on_tapped)
        self._tabs = Segments(theme, "admin.tab", view.tabs(), parent=self)
        self._tabs.chosen.connect(self._on_tab_chosen)
        self._notice = TextBlock(theme, "", "body", tint="text2", lines=2)
        self._code = CodePanel(theme, self)
        self._code.closed.connect(view.kiosks.forget_code)
        self._tool_row = QHBoxLayout()
        self._list = QVBoxLayout()
        self._inside = QWidget(self)
        self._records = QWidget()
        self._scroll = Scroll(self._records, self)
        self._arrange()

    @override
    def top(self) -> TopLook:
        """Title."""
        return self._admin.top()

    @override
    def show_subject(self, subject: str) -> None:
        """A section, if one is named; the server is asked anew."""
        if subject:
            self._admin.choose_tab(subject)
        else:
            self._admin.open()

    @override
    def refresh(self) -> None:
        """Show the section as it is."""
        view = self._admin
        closed = view.closed()
        self._closed.setVisible(closed is not None)
        self._inside.setVisible(closed is None)
        if closed is not None:
            self._closed.set_look(closed)
            view.close()
            return
        self._tabs.set_look(view.tabs())
        notice = view.section.notice()
        self._notice.set_text(notice)
        self._show_tools()
        self._show_code()
        self._show_rows()

    def _show_tools(self) -> None:
        tools = self._admin.section.tools()
        if self._tools_of != self._admin.tab:
            self._tools_of = self._admin.tab
            for button in self._tools.values():
                self._tool_row.removeWidget(button)
                button.hide()
                button.deleteLater()
            self._tools = {}
            for look in tools:
                button = ActionButton(self.theme, f"admin.{look.action}", look, parent=self._inside)
                button.tapped.connect(self._on_tool_tapped)
                button.blocked.connect(self._on_blocked)
                self._tools[look.action] = button
                self._tool_row.addWidget(button)
                button.show()
        for look in tools:
            self._tools[look.action].set_look(look)

    def _show_code(self) -> None:
        code = self._admin.kiosks.code() if self._admin.tab == "kiosks" else None
        self._code.setVisible(code is not None)
        if code is not None:
            close = ButtonLook("close", self._admin.words("act.close"), "check", "outlined")
            self._code.set_look(code, close)

    def _show_rows(self) -> None:
        looks = self._admin.section.rows()
        shape = (
            self._admin.tab,
            *((look.key, tuple(button.action for button in look.buttons)) for look in looks),
        )
        if shape == self._shape:
            for look in looks:
                self._rows[look.key].set_look(look)
            return
        if shape[:1] != self._shape[:1]:
            self._scroll.verticalScrollBar().setValue(0)
        self._shape = shape
        empty_layout(self._list)
        self._rows = {}
        for look in looks:
            row = RecordRow(self.theme, f"admin.{self._admin.tab}.{look.key}", look)
            row.tapped.connect(self._on_row_tapped)
            row.blocked.connect(self._on_blocked)
            self._rows[look.key] = row
            self._list.addWidget(row)
        self._list.addStretch(1)

    # ---- taps -------------------------------------------------------------------------------

    def _on_way_on_tapped(self, action: str) -> None:
        if not self._admin.act_as(action):
            self.go.emit("sign_in", "")

    def _on_tab_chosen(self, key: str) -> None:
        self._admin.choose_tab(key)

    def _on_blocked(self, action: str, reason: str) -> None:
        self._admin.floor.tell(f"why.{action}", reason, tone="attention")

    def _on_tool_tapped(self, action: str) -> None:
        view = self._admin
        match action:
            case "refresh":
                view.kiosks.ask()
            case "team":
                view.staff.next_team()
            case "enrol":
                self._write(view.words("admin.enrol_name"), "", self._on_enrol_named)
            case _:
                section = view.staff if view.tab == "staff" else view.policy
                self._write(view.words("admin.search"), section.search, section.look_for)

    def _write(self, title: str, text: str, written: Callable[[str], None]) -> None:
        sheet = WritingSheet(self.theme, self._admin.floor, title, text, self.window())
        sheet.written.connect(written)
        sheet.open()

    def _on_enrol_named(self, name: str) -> None:
        if name:
            self._ask(self._admin.kiosks.enrol(name))
        else:
            self._admin.floor.tell("enrol", self._admin.words("admin.no_name"), tone="attention")

    def _on_row_tapped(self, action: str, key: str) -> None:
        view = self._admin
        match (view.tab, action):
            case ("kiosks", _):
                self._ask(view.kiosks.revoke(key))
            case ("staff", "pin"):
                sheet = NewPinSheet(self.theme, view.staff.new_pin(key), self.window())
                sheet.agreed.connect(lambda pin: self._ask(view.staff.give_pin(key, pin)))
                sheet.open()
            case ("staff", "roles"):
                self._open_roles(key)
            case ("staff", _):
                self._open_hours(key)
            case ("policy", _):
                self._open_limit(key)
            case ("plan", "change"):
                self._open_plan(key)
            case ("plan", "copy"):
                view.plan.copy(key)
            case _:
                self.sheet.emit("cancel", key)

    def _ask(self, view: AskView | None) -> None:
        if view is not None:
            AskSheet(self.theme, view, self.window()).open()

    def _form(self, view: FormView | None, filled: Callable[[FormView], bool]) -> None:
        """Open a form; it goes when `filled` took its values."""
        if view is None:
            return
        sheet = FormSheet(self.theme, view, self.window())

        def on_filled() -> None:
            if filled(view):
                sheet.close_down()

        sheet.filled.connect(on_filled)
        sheet.open()

    def _open_roles(self, key: str) -> None:
        view = self._admin.staff.roles(key)
        if view is None:
            return
        sheet = RolesSheet(self.theme, view, self.window())

        def on_chosen() -> None:
            signature = view.signature()
            if signature is not None:
                sheet.close_down()
                self._ask(signature)

        sheet.chosen.connect(on_chosen)
        sheet.open()

    def _open_hours(self, key: str) -> None:
        staff = self._admin.staff

        def filled(form: FormView) -> bool:
            made = staff.change_hours(key, form.values())
            if isinstance(made, AskView):
                self._ask(made)
                return True
            form.refuse(made)
            return False

        self._form(staff.hours(key), filled)

    def _open_limit(self, key: str) -> None:
        policy = self._admin.policy

        def filled(form: FormView) -> bool:
            signature = policy.signature(key, form)
            self._ask(signature)
            return signature is not None

        self._form(policy.form(key), filled)

    def _open_plan(self, key: str) -> None:
        plan = self._admin.plan
        self._form(plan.form(key), lambda form: plan.save(key, form))

    # ---- layout -----------------------------------------------------------------------------

    def _arrange(self) -> None:
        px = self.theme.px
        self._records.setLayout(self._list)
        self._list.setContentsMargins(0, 0, px(8), px(12))
        self._list.setSpacing(px(8))
        self._tool_row.setSpacing(px(12))
        tools = QHBoxLayout()
        tools.setSpacing(px(12))
        tools.addWidget(self._notice, 1)
        tools.addLayout(self._tool_row)
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(10))
        column.addWidget(self._tabs)
        column.addLayout(tools)
        column.addWidget(self._code)
        column.addWidget(self._scroll, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._closed, 1)
        outer.addWidget(self._inside, 1)
