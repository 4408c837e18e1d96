"""Plain values that widgets show: view models make them, widgets paint them."""

from typing import Literal

import msgspec

Judged = Literal["ok", "alarm", "none", "stale"]
BlockTone = Literal["alarm", "attention", "neutral"]
ButtonRole = Literal["primary", "tonal", "outlined", "blocked", "neutral", "alarm"]
CardTone = Literal["normal", "alarm", "attention", "held", "done", "cancelled"]
ChipTone = Literal["alarm", "attention", "held", "ok", "neutral", "info", "pending"]
ConnectionState = Literal["online", "connecting", "offline", "stale", "refused"]
LETTERS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
Choice = Literal["", "pass", "fail"]
SegmentTone = Literal["normal", "pass", "fail"]
StageState = Literal["done", "current", "coming"]
StepState = Literal["done", "current", "coming"]
UNDO_MS = 5000


class ButtonLook(msgspec.Struct, frozen=True):
    """One button; `reason` says in words why it is closed when `enabled` is False."""

    action: str
    text: str
    icon: str = ""
    role: ButtonRole = "neutral"
    enabled: bool = True
    reason: str = ""


class Actor(msgspec.Struct, frozen=True):
    key: str
    initials: str
    name: str


class ActorsLook(msgspec.Struct, frozen=True):
    """`add_name` is the spoken name of the plus; `locked` shows a padlock instead of faces."""

    actors: tuple[Actor, ...] = ()
    active: str = ""
    add_name: str = ""


class BannerLook(msgspec.Struct, frozen=True):
    """`more` says which of how many alarms this is; empty when it is the only one.

    `handled` is None once somebody handles it; then the banner is still and pale.
    """

    alarm: str
    title: str
    detail: str
    icon: str = "octagon-alert"
    handled: ButtonLook | None = None
    more: str = ""


class AnswerLook(msgspec.Struct, frozen=True):
    title: str
    detail: str
    button: ButtonLook
    icon: str = ""


class BlockLook(msgspec.Struct, frozen=True):
    title: str
    reasons: tuple[str, ...] = ()
    icon: str = ""
    tone: BlockTone = "neutral"
    joiner: str = " · "


class Geometry(msgspec.Struct, frozen=True):
    """Heights from the top of a card, in reference pixels; `body` is all above the buttons."""

    head: int
    number: int
    number_high: int
    number_px: int
    caption_high: int
    band: int
    stage: int
    stage_text: int
    body: int
    foot: int


class BandLook(msgspec.Struct, frozen=True):
    """`low` and `high` are the ends of the scale; `safe` tells on which side of the limit lies ok.

    A `value` of None draws the scale without a pointer.
    """

    value: float | None
    limit: float
    low: float
    high: float
    safe: Literal["above", "below"] = "above"
    low_text: str = ""
    high_text: str = ""


class CardLook(msgspec.Struct, frozen=True):
    """Everything one batch shows on the board; all texts are ready to be read.

    `stage_index` counts whole parts of four, `stage_fraction` fills the next. `chip_outlined`:
    somebody already handles it. `pending` is how many own taps wait, with `pending_text` as word.
    `buttons`: hold, measure, main action, in this order from the left; a missing one leaves no gap.
    """

    id: str
    title: str
    subtitle: str = ""
    tone: CardTone = "normal"
    chip_text: str = ""
    chip_icon: str = ""
    chip_outlined: bool = False
    clock_text: str = ""
    clock_caption: str = ""
    clock_icon: str = "clock"
    temp_text: str = ""
    temp_unit: str = "°C"
    temp_caption: str = ""
    temp_icon: str = ""
    temp_judged: Judged = "none"
    band: BandLook | None = None
    stage_index: int = 0
    stage_fraction: float = 0.0
    stage_text: str = ""
    stage_caption: str = ""
    qc_text: str = ""
    qc_icon: str = "clipboard-check"
    qc_done: bool = False
    buttons: tuple[ButtonLook, ...] = ()
    pending: int = 0
    pending_text: str = ""
    stale: bool = False
    accessible_name: str = ""


class ChipLook(msgspec.Struct, frozen=True):
    """`outlined` is the weaker form: somebody already handles it."""

    text: str
    icon: str = ""
    tone: ChipTone = "neutral"
    outlined: bool = False


class ConnectionLook(msgspec.Struct, frozen=True):
    """`text` already carries the age and the count of what waits."""

    state: ConnectionState
    text: str
    name: str = ""


class KeyboardLook(msgspec.Struct, frozen=True):
    """Spoken names and words of the keys that are not letters; `phrases` are whole sentences."""

    shift_name: str
    back_name: str
    space_text: str
    symbols_text: str = "123"
    letters_text: str = "abc"
    phrases: tuple[str, ...] = ()
    letters: tuple[str, ...] = LETTERS


class NoteLook(msgspec.Struct, frozen=True):
    """`writing` describes the sheet with the keyboard; `done` closes it, `cancel` forgets."""

    text: str
    placeholder: str
    title: str
    done: ButtonLook
    cancel: ButtonLook
    keyboard: KeyboardLook
    limit: int = 200


class OptionLook(msgspec.Struct, frozen=True):
    """`kind` picks the mark of a chosen tile: one of many, or any number.

    `count` is what waits behind it, as text; `count_name` says it aloud.
    """

    key: str
    text: str
    icon: str = ""
    chosen: bool = False
    kind: Literal["one", "many"] = "one"
    note: str = ""
    enabled: bool = True
    count: str = ""
    count_name: str = ""
    count_tone: Literal["attention", "neutral"] = "neutral"


class CorrectiveLook(msgspec.Struct, frozen=True):
    title: str
    options: tuple[OptionLook, ...]
    note: NoteLook | None = None
    icon: str = "octagon-alert"


class EventLook(msgspec.Struct, frozen=True):
    clock: str
    title: str
    detail: str = ""
    icon: str = ""
    tone: Literal["neutral", "alarm", "ok", "attention"] = "neutral"
    marked: bool = False


class FilterLook(msgspec.Struct, frozen=True):
    key: str
    text: str
    icon: str = ""
    tone: Literal["alarm", "attention", "neutral"] = "neutral"
    chosen: bool = False


class KeyPadLook(msgspec.Struct, frozen=True):
    """Words of the function keys and the decimal mark of the language in use; empty: no such key."""

    clear_text: str
    back_name: str
    sign_name: str = ""
    decimal: str = ","
    enabled: bool = True


class LockoutLook(msgspec.Struct, frozen=True):
    title: str
    clock: str
    detail: str
    note: str = ""
    buttons: tuple[ButtonLook, ...] = ()
    icon: str = "lock"


class NavItem(msgspec.Struct, frozen=True):
    """`badge` is a count as text; `badge_name` its spoken form; it pulses while nobody handles what it counts."""

    key: str
    text: str
    icon: str
    badge: str = ""
    badge_tone: Literal["alarm", "attention"] = "attention"
    badge_name: str = ""
    pulse: bool = False


class RailLook(msgspec.Struct, frozen=True):
    """`items` stand at the top, `foot` at the bottom; `mark` is the icon above them all."""

    items: tuple[NavItem, ...] = ()
    foot: tuple[NavItem, ...] = ()
    chosen: str = ""
    mark: str = "chef-hat"


class StripLook(msgspec.Struct, frozen=True):
    """`link` names what waits for a decision; empty when nothing does."""

    title: str
    detail: str = ""
    link: str = ""
    icon: str = "wifi-off"
    link_icon: str = "inbox"


class PersonLook(msgspec.Struct, frozen=True):
    """`detail` is the role, or the time left while locked; `state_name` says the state aloud."""

    key: str
    initials: str
    name: str
    detail: str = ""
    state: Literal["normal", "signed_in", "locked"] = "normal"
    chosen: bool = False
    state_name: str = ""


class QcLook(msgspec.Struct, frozen=True):
    """`value` and `band` are for items with a reading; `pass_text`/`fail_text` name the answers."""

    key: str
    title: str
    detail: str = ""
    choice: Choice = ""
    pass_text: str = ""
    fail_text: str = ""
    value: str = ""
    band: BandLook | None = None
    judged: Judged = "none"
    enabled: bool = True


class ReadingRow(msgspec.Struct, frozen=True):
    clock: str
    value: str
    place: str = ""
    source: str = ""
    source_icon: str = ""
    judged: Judged = "none"
    mark_icon: str = ""


class ReadingLook(msgspec.Struct, frozen=True):
    """`caption` stands above (what, when), `verdict` and `hint` beside the number,
    `aside` (the limit) at the far end of the caption. In size `typing` the caption is the verdict.

    With no `text` the `caption` stands alone: never measured, or no core temperature at all.
    """

    text: str
    unit: str = ""
    caption: str = ""
    caption_icon: str = ""
    judged: Judged = "none"
    verdict: str = ""
    verdict_icon: str = ""
    hint: str = ""
    aside: str = ""


class RefusalLook(msgspec.Struct, frozen=True):
    id: str
    title: str
    detail: str
    clock: str
    icon: str = "x"
    chips: tuple[ChipLook, ...] = ()
    chosen: bool = False


class Segment(msgspec.Struct, frozen=True):
    """One word; `note` is a second, lighter one (the live value of a probe).

    `chosen_icon` is shown only while this is the choice, so colour is not the only sign.
    """

    key: str
    text: str
    icon: str = ""
    note: str = ""
    tone: SegmentTone = "normal"
    chosen_icon: str = ""


class SegmentsLook(msgspec.Struct, frozen=True):
    segments: tuple[Segment, ...] = ()
    chosen: str = ""


class SheetLook(msgspec.Struct, frozen=True):
    """Head and foot; `close_name` is the spoken name of the cross, empty for no cross."""

    title: str
    subtitle: str = ""
    icon: str = ""
    close_name: str = ""
    cancel: ButtonLook | None = None
    confirm: ButtonLook | None = None
    extra: ButtonLook | None = None


class StageRow(msgspec.Struct, frozen=True):
    title: str
    detail: str = ""
    clock: str = ""
    state: StageState = "coming"
    warning: str = ""


class StepRow(msgspec.Struct, frozen=True):
    key: str
    number: str
    text: str
    state: StepState = "coming"
    note: str = ""
    button: ButtonLook | None = None


class ToastLook(msgspec.Struct, frozen=True):
    """`stays` is for refusals: no time closes them."""

    key: str
    title: str
    detail: str = ""
    icon: str = "info"
    tone: Literal["neutral", "ok", "alarm", "attention"] = "neutral"
    stays: bool = False


class TopLook(msgspec.Struct, frozen=True):
    """`back` is the word of the way back, empty on a first page; `chip` stands after the title."""

    title: str
    subtitle: str = ""
    back: str = ""
    back_name: str = ""
    chip: ChipLook | None = None
    filters: tuple[FilterLook, ...] = ()
    connection: ConnectionLook | None = None
    actors: ActorsLook | None = None
    clock: str = ""


class UndoLook(msgspec.Struct, frozen=True):
    """What was done (`title`), by whom and where it is kept (`detail`)."""

    tap: str
    title: str
    detail: str
    button: ButtonLook
    icon: str = "circle-check"
    span_ms: int = UNDO_MS


class WaveLook(msgspec.Struct, frozen=True):
    """Left `title`, `detail`, `extra` (lighter); right `progress` and `left_time` (strong)."""

    wave: str
    title: str
    detail: str = ""
    extra: str = ""
    progress: str = ""
    left_time: str = ""
    tappable: bool = True


class LoadLook(msgspec.Struct, frozen=True):
    """How busy a team is: `share` 1.0 is all it can do; `text` says it in words and digits.

    None: there is nothing to do. `icon` goes with a tone, so that colour is not the only sign.
    """

    key: str
    team: str
    people: str
    text: str
    share: float | None = None
    tone: Literal["normal", "attention"] = "normal"
    icon: str = ""
    tip: str = ""


class EmptyLook(msgspec.Struct, frozen=True):
    """A page without anything to show: what is not there, what will be, and a way on if there is one."""

    icon: str
    title: str
    hint: str = ""
    button: ButtonLook | None = None


class WipeLook(msgspec.Struct, frozen=True):
    """The screen may be wiped: `count` seconds stand big; `alarm` says what waits meanwhile."""

    title: str
    count: str
    detail: str = ""
    alarm: str = ""
    name: str = ""
