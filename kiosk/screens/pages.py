"""Makes a page when it is first wanted: what nobody has opened yet costs no start its time; shows nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from kiosk.screens.board import BoardPage
from kiosk.screens.page import Page
from kiosk.theme.theme import Theme
from kiosk.views.board import BoardView
from kiosk.views.floor import Floor
from kiosk.views.shell import ShellView

if TYPE_CHECKING:
    from kiosk.screens.actions import Actions

LATER = ("batch", "sign_in", "quality", "alerts", "review")
"""What cooks open, the likeliest first; the other pages wait until they are asked for."""


def make_page(name: str, theme: Theme, floor: Floor, shell: ShellView) -> Page:
    """The page of this name; KeyError for another. A page's modules are loaded with it."""
    match name:
        case "board":
            return BoardPage(theme, BoardView(floor))
        case "batch":
            from kiosk.screens.batch import BatchPage
            from kiosk.views.batch_page import BatchView

            return BatchPage(theme, BatchView(floor))
        case "quality":
            from kiosk.screens.quality import QualityPage
            from kiosk.views.quality import QualityView

            return QualityPage(theme, QualityView(floor))
        case "alerts":
            from kiosk.screens.alerts import AlertsPage
            from kiosk.views.alerts import AlertsView

            return AlertsPage(theme, AlertsView(floor, shell))
        case "review":
            from kiosk.screens.review import ReviewPage
            from kiosk.views.review import ReviewView

            return ReviewPage(theme, ReviewView(floor))
        case "sign_in":
            from kiosk.screens.sign_in import SignInPage
            from kiosk.views.sign_in import SignInView

            return SignInPage(theme, SignInView(floor))
        case _:
            return _make_wider(name, theme, floor)


def _make_wider(name: str, theme: Theme, floor: Floor) -> Page:
    """Pages for who looks at the whole night, or after the kiosk."""
    match name:
        case "team":
            from kiosk.screens.team import TeamPage
            from kiosk.views.team import TeamView

            return TeamPage(theme, TeamView(floor))
        case "handover":
            from kiosk.screens.handover import HandOverPage
            from kiosk.views.handover import HandOverView

            return HandOverPage(theme, HandOverView(floor))
        case "completed":
            from kiosk.screens.completed import CompletedPage
            from kiosk.views.completed import CompletedView

            return CompletedPage(theme, CompletedView(floor))
        case "notices":
            from kiosk.screens.notices import NoticesPage
            from kiosk.views.notices import NoticesView

            return NoticesPage(theme, NoticesView(floor))
        case "menu":
            from kiosk.screens.menu import MenuPage
            from kiosk.views.menu import MenuView

            return MenuPage(theme, MenuView(floor))
        case "summary":
            from kiosk.screens.summary import SummaryPage
            from kiosk.views.summary import SummaryView

            return SummaryPage(theme, SummaryView(floor))
        case "record":
            from kiosk.screens.record import RecordPage
            from kiosk.views.record import RecordView

            return RecordPage(theme, RecordView(floor))
        case "display":
            from kiosk.screens.display import DisplayPage
            from kiosk.views.display import DisplayView

            return DisplayPage(theme, DisplayView(floor))
        case "admin":
            from kiosk.screens.admin import AdminPage
            from kiosk.views.admin import AdminView

            return AdminPage(theme, AdminView(floor))
        case "fleet":
            from kiosk.screens.fleet import FleetPage
            from kiosk.views.fleet import FleetView

            return FleetPage(theme, FleetView(floor))
        case _:
            raise KeyError(name)


def make_actions(theme: Theme, floor: Floor, host: QWidget) -> Actions:
    """What opens the sheets."""
    from kiosk.screens.actions import Actions

    return Actions(theme, floor, host)
