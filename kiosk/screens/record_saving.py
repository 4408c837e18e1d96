"""Makes files and prints of a record beside the loop, so that no tap waits for paper; it decides no word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, QMarginsF, QObject, QTimer, Signal
from PySide6.QtGui import (
    QFont,
    QPagedPaintDevice,
    QPageLayout,
    QPageSize,
    QPdfWriter,
    QTextDocument,
)

from kiosk.record.files import write_whole
from kiosk.theme.fonts import load

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter

LOOK_MS = 30
POINTS = 9
"""Of the letters on paper: eight columns fit an A4 page upright."""
MARGIN_MM = 15
DPI = 1200

Made = tuple[Path, ...]
Result = Made | str


class Saving(QObject):
    """One work at a time. `done(result)`: files that are whole, or the name of the printer that has
    the paper; `failed` when the disk did not take a file.
    """

    done = Signal(object)
    failed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._thread: Thread | None = None
        self._result: Result | Exception = ()
        self._timer = QTimer(self)
        self._timer.setObjectName("record.saving")
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._on_looked_at)

    @property
    def is_busy(self) -> bool:
        """Whether files are being made."""
        return self._thread is not None

    def start(self, make: Callable[[], Result]) -> None:
        """Carry this out in a thread; while one runs, another is not begun."""
        if self._thread is not None:
            return
        self._thread = Thread(target=self._work, args=(make,), name="record.saving", daemon=True)
        self._thread.start()
        self._timer.start()

    def _work(self, make: Callable[[], Result]) -> None:
        # Gives this thread what a text's layout hangs its timer on; the loop itself never runs.
        _dispatcher = QEventLoop()
        try:
            self._result = make()
        except Exception as error:  # noqa: BLE001 - told or raised in the loop's thread
            self._result = error

    def _on_looked_at(self) -> None:
        thread, result = self._thread, self._result
        if thread is None or thread.is_alive():
            return
        self._timer.stop()
        self._thread = None
        if isinstance(result, OSError):
            self.failed.emit()
        elif isinstance(result, Exception):
            raise result
        else:
            self.done.emit(result)


def write_pdf(path: Path, title: str, html: str) -> Path:
    """An A4 file with numbered pages. OSError when the disk does not take it."""

    def fill(beside: Path) -> None:
        writer = QPdfWriter(str(beside))
        writer.setTitle(title)
        writer.setCreator("Dapur")
        writer.setResolution(DPI)
        _print(writer, html)
        # Qt tells nobody that the disk was full: what is written is looked at.
        with beside.open("rb") as written:
            head = written.read(5)
            written.seek(max(0, beside.stat().st_size - 16))
            if head != b"%PDF-" or b"%%EOF" not in written.read():
                raise OSError(f"{beside} was not written whole")

    return write_whole(path, fill)


def find_printer() -> QPrinter | None:
    """The machine's printer, None without one. In the loop's thread: Qt loads its printing there."""
    # Loaded at the first print: most kiosks have no printer.
    from PySide6.QtPrintSupport import QPrinter, QPrinterInfo

    name = QPrinterInfo.defaultPrinterName() or next(iter(QPrinterInfo.availablePrinterNames()), "")
    if not name:
        return None
    return QPrinter(QPrinterInfo.printerInfo(name), QPrinter.PrinterMode.HighResolution)


def print_out(printer: QPrinter, html: str) -> str:
    """Give the record to this printer, in any thread; its name."""
    _print(printer, html)
    return printer.printerName()


def _print(device: QPagedPaintDevice, html: str) -> None:
    device.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    device.setPageMargins(
        QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM), QPageLayout.Unit.Millimeter
    )
    text = QTextDocument()
    font = QFont(load())
    font.setPointSizeF(POINTS)
    text.setDefaultFont(font)
    text.setHtml(html)
    text.print_(device)
