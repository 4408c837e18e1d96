"""Signing out tells what happened to it, also when the disk takes nothing any more."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from kiosk.app import Look
from kiosk.local.errors import DiskRefused, DiskTrouble
from kiosk.views.sign_in import SignInView
from tests.support.scene import Story, demo_plan, open_scene

COOK = "s-joko"


async def test_person_is_out_and_told_when_the_disk_is_full(
    tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Story(demo_plan())
    app = open_scene(tmp_path, qapp, story, "04:42", look=Look(), actors=(COOK,))
    try:
        told: list[tuple[str, str]] = []
        app.floor.told.connect(lambda message: told.append((message.key, message.tone)))

        def refuse(*_: object, **__: object) -> None:
            raise DiskRefused(DiskTrouble.FULL, "no room")

        monkeypatch.setattr(app.kiosk.desk, "tap", refuse)
        SignInView(app.floor).sign_out(COOK)
        assert app.floor.actor is None
        assert told == [("disk", "alarm")]
    finally:
        app.close()
