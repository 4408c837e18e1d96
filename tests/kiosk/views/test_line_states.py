"""What the frame says when the line did not just break: shut out, too old, unknown, or not our server."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from kiosk.app import Look
from kiosk.link.status import LinkState
from kiosk.views.shell import ShellView
from kiosk.views.words import Language
from tests.support.scene import Story, demo_plan, open_scene

SAID: dict[tuple[LinkState, Language], tuple[str, str]] = {
    (LinkState.UNTRUSTED, "id"): ("Server tidak dikenal", "Ketukan tetap tersimpan"),
    (LinkState.UNTRUSTED, "en"): ("Server not trusted", "Your taps are kept"),
    (LinkState.REVOKED, "id"): ("Kios dicabut", "Kios ini dicabut"),
    (LinkState.UNKNOWN_DEVICE, "id"): ("Kios tidak dikenal", "Kios ini dicabut"),
    (LinkState.UPGRADE, "id"): ("Perlu pembaruan", "Program kios"),
}


@pytest.mark.parametrize(("state", "language"), SAID)
async def test_badge_and_strip_name_what_is_wrong_with_the_line_and_what_to_do(
    tmp_path: Path, qapp: QApplication, state: LinkState, language: Language
) -> None:
    title, detail = SAID[state, language]
    look = Look(language=language, size=(1280, 720), dpi=102)
    app = open_scene(
        tmp_path, qapp, Story(demo_plan()), "04:42", look=look, state=state, heard_ago_ms=60_000
    )
    try:
        shell = ShellView(app.floor)
        badge, strip = shell.connection(), shell.strip()
        assert badge.state == "offline"
        assert badge.text.startswith(title)
        assert strip is not None
        assert strip.title == title
        assert strip.detail.startswith(detail)
    finally:
        app.close()
        app.kiosk.store.close()
