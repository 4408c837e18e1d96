"""The administration page: who may open it, which section is shown; the sections make their own texts."""

from __future__ import annotations

from typing import Literal

from dapur.access import CHIEFS
from dapur.ids import StaffId
from kiosk.views.admin_kiosks import KiosksView
from kiosk.views.admin_plan import PlanView
from kiosk.views.admin_policy import PolicyView
from kiosk.views.admin_staff import StaffView
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import Segment, SegmentsLook, TopLook

Tab = Literal["kiosks", "staff", "policy", "plan"]
TABS: tuple[tuple[Tab, str], ...] = (
    ("kiosks", "monitor-smartphone"),
    ("staff", "users"),
    ("policy", "shield-check"),
    ("plan", "calendar-clock"),
)


class AdminView(ViewModel):
    """Four sections; the Kepala SPPG and the administrator may use them."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self.tab: Tab = "kiosks"
        self.kiosks = KiosksView(floor)
        self.staff = StaffView(floor)
        self.policy = PolicyView(floor)
        self.plan = PlanView(floor)
        for section in (self.kiosks, self.staff, self.policy, self.plan):
            section.setParent(self)
            section.shown.connect(self.changed)

    @property
    def section(self) -> KiosksView | StaffView | PolicyView | PlanView:
        """What is shown."""
        sections = (self.kiosks, self.staff, self.policy, self.plan)
        return sections[[tab for tab, _ in TABS].index(self.tab)]

    def top(self) -> TopLook:
        """Title."""
        return TopLook(self.words("nav.admin"), self.floor.kitchen_name)

    def tabs(self) -> SegmentsLook:
        """The four sections."""
        segments = tuple(Segment(tab, self.words(f"admin.tab_{tab}"), icon) for tab, icon in TABS)
        return SegmentsLook(segments, self.tab)

    def choose_tab(self, key: str) -> None:
        """Show another section."""
        for tab, _ in TABS:
            if tab == key:
                self.tab = tab
        self.open()
        self.changed.emit()

    def open(self) -> None:
        """The page or a section came into view: ask the server for what only it knows."""
        if not self.closed() and self.tab == "kiosks":
            self.kiosks.ask()

    def close(self) -> None:
        """Nobody who may see it is here: a code that stands on the glass goes."""
        self.kiosks.drop_code()

    def closed(self) -> str:
        """Why the page is closed to whoever taps now; empty when it is open."""
        actor: StaffId | None = self.floor.actor
        if actor is None:
            return self.words("admin.sign_in")
        if not self.floor.kitchen.roles_of(actor) & CHIEFS:
            return self.words("admin.chiefs_only", name=self.floor.name_of(actor))
        return ""
