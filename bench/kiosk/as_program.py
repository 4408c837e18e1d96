"""Import it before anything of Qt: it loads what the kiosk's program loads first, in its order."""

import kiosk.headless  # noqa: F401 - what has no Qt comes before what has
from kiosk.qt_base import import_qt_base

import_qt_base()
