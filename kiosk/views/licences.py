"""What this program is made of, and under which licences; text only, read from bundled files."""

from __future__ import annotations

from dapur.resources import read_bytes
from kiosk.views.floor import ViewModel
from kiosk.views.looks import ButtonLook, SheetLook

LIBRARIES: tuple[tuple[str, str], ...] = (
    ("PySide6, Qt 6", "LGPL-3.0-only OR GPL-2.0-only"),
    ("PyQtGraph", "MIT"),
    ("NumPy", "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0"),
    ("qasync", "BSD-2-Clause"),
    ("websockets", "BSD-3-Clause"),
    ("msgspec", "BSD-3-Clause"),
    ("cryptography", "Apache-2.0 OR BSD-3-Clause"),
    ("argon2-cffi", "MIT"),
    ("keyring", "MIT"),
    ("platformdirs", "MIT"),
    ("XlsxWriter", "BSD-2-Clause"),
    ("Python", "PSF-2.0"),
)
"""Libraries that the kiosk loads, and their SPDX names as their packages state them."""


class LicencesView(ViewModel):
    """Works by others, the bundled ones with their whole licence."""

    def sheet(self) -> SheetLook:
        """Head; one button."""
        words = self.words
        return SheetLook(
            words("display.licences"),
            "",
            "scroll-text",
            words("act.close"),
            confirm=ButtonLook("close", words("act.close"), "", "outlined"),
        )

    def works(self) -> tuple[tuple[str, str], ...]:
        """Name with licence, and its text where it is bundled."""
        fonts = read_bytes("fonts/OFL.txt").decode()
        icons = read_bytes("icons/LICENSE.txt").decode()
        libraries = "\n".join(f"{name} · {licence}" for name, licence in LIBRARIES)
        return (
            (self.words("licences.libraries"), libraries),
            (self.words("licences.fonts"), fonts),
            (self.words("licences.icons"), icons),
        )
