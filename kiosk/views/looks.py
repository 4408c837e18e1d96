"""Plain values that widgets show; view models make them, widgets paint them."""

from kiosk.widgets.action_button import ButtonLook
from kiosk.widgets.actor_switch import Actor, ActorsLook
from kiosk.widgets.alarm_banner import BannerLook
from kiosk.widgets.answer_card import AnswerLook
from kiosk.widgets.block_reason import BlockLook
from kiosk.widgets.card_painter import CardLook
from kiosk.widgets.chip import ChipLook
from kiosk.widgets.connection_badge import ConnectionLook
from kiosk.widgets.corrective_panel import CorrectiveLook
from kiosk.widgets.event_line import EventLook
from kiosk.widgets.filter_chip import FilterLook
from kiosk.widgets.key_pad import KeyPadLook
from kiosk.widgets.limit_band import BandLook
from kiosk.widgets.lockout_panel import LockoutLook
from kiosk.widgets.nav_rail import NavItem, RailLook
from kiosk.widgets.note_field import NoteLook
from kiosk.widgets.offline_strip import StripLook
from kiosk.widgets.on_screen_keyboard import KeyboardLook
from kiosk.widgets.option_tile import OptionLook
from kiosk.widgets.person_tile import PersonLook
from kiosk.widgets.qc_row import QcLook
from kiosk.widgets.reading_list import ReadingRow
from kiosk.widgets.reading_value import ReadingLook
from kiosk.widgets.refusal_row import RefusalLook
from kiosk.widgets.segments import Segment, SegmentsLook
from kiosk.widgets.sheet import SheetLook
from kiosk.widgets.stage_list import StageRow
from kiosk.widgets.step_list import StepRow
from kiosk.widgets.toast import ToastLook
from kiosk.widgets.top_bar import TopLook
from kiosk.widgets.undo_bar import UndoLook
from kiosk.widgets.wave_header import WaveLook

__all__ = [n for n in dir() if n[0].isupper()]
