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
from kiosk.views.looks import ButtonLook, EmptyLook, Segment, SegmentsLook, TopLook

SIGN_IN = "sign_in"
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
        if self.closed() is None and self.tab == "kiosks":
            self.kiosks.ask()

    def close(self) -> None:
        """Nobody who may see it is here: a code that stands on the glass goes."""
        self.kiosks.drop_code()

    def closed(self) -> EmptyLook | None:
        """Why the page is closed to whoever taps now, and the way on; None when it is open."""
        floor, words = self.floor, self.words
        actor: StaffId | None = floor.actor
        if actor is not None and floor.kitchen.roles_of(actor) & CHIEFS:
            return None
        why = words("admin.now", name=floor.name_of(actor)) if actor else words("admin.nobody")
        chief = self._chief_here()
        button = ButtonLook(SIGN_IN, words("nav.sign_in"), "key-round", "primary")
        if chief is not None:
            text = words("admin.act_as", name=floor.short_name(chief))
            button = ButtonLook(chief, text, "users", "primary")
        return EmptyLook("lock", words("admin.chiefs_only"), why, button)

    def act_as(self, action: str) -> bool:
        """Whoever may use the page taps now, if that person is signed in here."""
        chief = self._chief_here()
        if chief is None or action != chief:
            return False
        self.floor.people.session.act_as(chief)
        self.open()
        self.changed.emit()
        return True

    def _chief_here(self) -> StaffId | None:
        floor = self.floor
        here = floor.people.session.signed_in
        return next((each for each in here if floor.kitchen.roles_of(each) & CHIEFS), None)
