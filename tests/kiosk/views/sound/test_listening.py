"""From the floor to the ear: a refusal is soft, an alarm rings each second's look, and what is handled is silent."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication

from dapur.alert import Rule
from kiosk.app import Look
from kiosk.link.status import LinkState
from kiosk.views.alerts import handle
from kiosk.views.sound.kinds import Kind
from kiosk.views.sound.listening import Listening
from kiosk.views.sound.player import Ended
from kiosk.views.sound.ringing import AGAIN_MS
from kiosk.views.sound.sounds import Sounds
from tests.kiosk.views.test_alerts import COLD, COOK, key_of, night, pass_ms
from tests.support.scene import open_scene


class QuickPlayer:
    """Plays everything at once."""

    def __init__(self) -> None:
        self.played: list[str] = []

    def play(self, file: str, ended: Ended) -> None:
        self.played.append(Path(file).stem)
        ended(True)

    def stop(self) -> None:
        """There is nothing to stop."""


async def test_kiosk_rings_offline_until_its_own_hand_stops_it_and_knocks_for_a_refusal(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = night()
    look = Look(size=(1366, 768), dpi=102.0)
    app = open_scene(
        tmp_path, qapp, story, "04:50", look=look, state=LinkState.OFFLINE, actors=(COOK,)
    )
    try:
        player = QuickPlayer()
        sounds = Sounds(app.kiosk.store, app.floor, make_player=lambda _command: player)
        rang: list[object] = []
        Listening(app.floor, sounds, app.floor).rang.connect(rang.append)
        app.floor.ticked.emit()
        app.floor.ticked.emit()
        assert player.played == ["critical"], "once for two looks in one second"
        pass_ms(app, AGAIN_MS)
        app.floor.ticked.emit()
        assert player.played == ["critical"] * 2
        handle(app.floor, key_of(story, Rule.CORE_LOW, COLD))
        pass_ms(app, AGAIN_MS)
        app.floor.ticked.emit()
        assert player.played == ["critical"] * 2
        app.floor.tell("refused.not_addressed", "Bukan untuk Anda")
        app.floor.tell("reading", "Tersimpan")
        assert player.played == ["critical", "critical", "refused"]
        sounds.set_enabled(False)
        app.floor.tell("refused.not_addressed", "Bukan untuk Anda")
        assert len(player.played) == 3
        assert rang == [Kind.CRITICAL] * 2
    finally:
        app.close()
        app.kiosk.store.close()
