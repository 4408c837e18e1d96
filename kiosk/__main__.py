"""The `dapur-kiosk` program: reads its options, opens the window, ends in order."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from pathlib import Path

from kiosk.settings import BadSettings, add_options, from_options

EXIT_USAGE = 2
BROKEN_QT = (6, 12)
"""PySide6 from this version on aborts Python 3.11: it drops references of None and True."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dapur-kiosk", description="The kitchen's kiosk.")
    add_options(parser, os.environ)
    parser.add_argument("--language", choices=("id", "en"), help="language of the screen")
    parser.add_argument("--dark", action="store_true", default=None, help="night palette")
    parser.add_argument("--glove", action="store_true", default=None, help="larger targets")
    parser.add_argument("--size", default="1366x768", help="window size in pixels, as 1920x1080")
    parser.add_argument("--dpi", type=float, help="the screen's real dots per inch")
    parser.add_argument(
        "--desk",
        action=argparse.BooleanOptionalAction,
        help="open on the supervisor's desk, at later starts too; --no-desk: on the board again",
    )
    parser.add_argument("--fullscreen", action="store_true", help="cover the whole screen")
    parser.add_argument(
        "--kiosk", action="store_true", help="cover the whole screen; only a chief's PIN leaves"
    )
    parser.add_argument(
        "--gallery", action="store_true", help="show every widget in every state, and no kitchen"
    )
    parser.add_argument("--quit-after-s", type=float, help="end by itself after so many seconds")
    parser.add_argument("--shot", type=Path, help="save what the window shows at the end")
    return parser


def _size(text: str) -> tuple[int, int]:
    wide, _, high = text.partition("x")
    if not (wide.isdigit() and high.isdigit()):
        raise BadSettings(f"--size: {text!r} is not like 1920x1080")
    return int(wide), int(high)


def main(argv: list[str] | None = None) -> int:
    """Run the program; 0 after an orderly end."""
    options = _parser().parse_args(argv)
    # Nothing that a start makes is garbage; the loop collects once it runs (`kiosk.tidy`).
    gc.disable()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    from kiosk.headless import NotEnrolled
    from kiosk.qt_base import import_qt_base

    import_qt_base()
    import PySide6

    if sys.version_info < (3, 12) and PySide6.__version_info__[:2] >= BROKEN_QT:
        sys.stderr.write("PySide6 6.12 aborts on Python 3.11: install a version below 6.12\n")
        return EXIT_USAGE
    from PySide6.QtWidgets import QApplication

    from kiosk import app, loop
    from kiosk.link.errors import EnrolRefused
    from kiosk.local.lock import AlreadyRunning

    try:
        if options.gallery:
            return _gallery(options)
        settings = from_options(options)
        look = app.Look(
            language=options.language,
            dark=options.dark,
            glove=options.glove,
            size=_size(options.size),
            dpi=options.dpi,
            fullscreen=options.fullscreen,
            kiosk=options.kiosk,
            desk=options.desk,
        )
        qapp = QApplication.instance() or QApplication(sys.argv[:1])
        return loop.run(
            qapp,  # type: ignore[arg-type]
            lambda stop: app.main(
                stop,
                qapp,  # type: ignore[arg-type]
                settings,
                look,
                quit_after_s=options.quit_after_s,
                shot=options.shot,
            ),
        )
    except (BadSettings, NotEnrolled, EnrolRefused, AlreadyRunning) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE


def _gallery(options: argparse.Namespace) -> int:
    from PySide6.QtWidgets import QApplication

    from kiosk import loop
    from kiosk.screens.gallery.window import show_gallery

    qapp = QApplication(sys.argv[:1])
    return loop.run(
        qapp,
        lambda stop: show_gallery(
            stop,
            qapp,
            dark=bool(options.dark),
            glove=bool(options.glove),
            size=_size(options.size),
            dpi=options.dpi,
            quit_after_s=options.quit_after_s,
            shot=options.shot,
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
