"""People at one kiosk: in, out, locked, signing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dapur.crew import session_subject
from dapur.ids import StaffId
from dapur.progress import NoteBatchArgs
from dapur.rule import NoArgs
from kiosk.desk import DiskRefused, Tapped
from kiosk.pins import SignIn, SignInResult
from kiosk.session import IDLE_MS
from tests.support.night import BUDI, CHICKEN, RINA, SARI
from tests.support.offline_kiosk import OfflineKiosk


@pytest.fixture
def kiosk(tmp_path: Path) -> OfflineKiosk:
    return OfflineKiosk(tmp_path / "store")


async def test_person_becomes_the_actor_with_an_open_session_when_the_pin_is_right(
    kiosk: OfflineKiosk,
) -> None:
    kiosk.pins.online = False
    result = await kiosk.sessions.sign_in(RINA, "123456")
    assert result.state is SignIn.OK
    assert kiosk.sessions.actor == RINA
    session = kiosk.mirror.shown.sessions[await kiosk.sign_in(RINA)]
    assert (session.staff, session.device, session.offline) == (RINA, kiosk.device, True)


async def test_nobody_comes_in_when_the_pin_is_wrong(kiosk: OfflineKiosk) -> None:
    result = await kiosk.sessions.sign_in(RINA, "000000")
    assert (result.state, result.tries, result.step_up) == (SignIn.WRONG, 1, None)
    assert kiosk.sessions.actor is None
    assert kiosk.store.unsent() == 0


async def test_stranger_to_the_roster_is_refused_although_the_pin_is_right(
    kiosk: OfflineKiosk,
) -> None:
    result = await kiosk.sessions.sign_in(StaffId("nobody"), "123456")
    assert (result.state, result.detail) == (SignIn.REFUSED, "UnknownStaff")


async def test_actor_changes_with_one_tap_when_both_are_signed_in(kiosk: OfflineKiosk) -> None:
    await kiosk.sign_in(RINA)
    await kiosk.sign_in(BUDI)
    assert kiosk.sessions.signed_in == (RINA, BUDI)
    assert kiosk.sessions.actor == BUDI
    assert kiosk.sessions.act_as(RINA)
    assert kiosk.sessions.actor == RINA
    assert not kiosk.sessions.act_as(SARI)
    assert kiosk.sessions.often() == (BUDI, RINA)


async def test_sign_out_ends_the_session_and_keeps_what_was_tapped(kiosk: OfflineKiosk) -> None:
    session = await kiosk.sign_in(RINA)
    before = kiosk.store.unsent()
    assert isinstance(kiosk.sessions.sign_out(RINA), Tapped)
    assert kiosk.store.unsent() == before + 1
    assert kiosk.mirror.shown.sessions[session].closed_ms is not None
    assert kiosk.sessions.actor is None
    assert kiosk.sessions.sign_out(RINA) is None


async def test_all_sign_out_also_who_was_here_before_a_restart(kiosk: OfflineKiosk) -> None:
    before = await kiosk.sign_in(RINA)
    kiosk.restart()
    after = await kiosk.sign_in(BUDI)
    waiting = kiosk.store.unsent()
    assert kiosk.sessions.sign_out_all() == 1
    sessions = kiosk.mirror.shown.sessions
    assert [sessions[each].closed_ms is None for each in (before, after)] == [False, False]
    assert kiosk.store.unsent() == waiting + 2
    assert (kiosk.sessions.actor, kiosk.sessions.signed_in) == (None, ())
    assert kiosk.sessions.sign_out_all() == 0
    assert kiosk.store.unsent() == waiting + 2


async def test_kiosk_locks_when_nobody_was_there_for_ten_minutes(kiosk: OfflineKiosk) -> None:
    session = await kiosk.sign_in(RINA)
    kiosk.clock.pass_ms(IDLE_MS - 1)
    kiosk.sessions.tick()
    assert kiosk.sessions.signed_in == (RINA,)
    kiosk.sessions.touched()
    kiosk.clock.pass_ms(IDLE_MS)
    kiosk.sessions.tick()
    assert kiosk.sessions.actor is None
    assert not kiosk.sessions.act_as(RINA)
    assert await kiosk.sign_in(RINA) == session


async def test_session_goes_on_after_a_restart_when_the_pin_is_given_again(
    kiosk: OfflineKiosk,
) -> None:
    session = await kiosk.sign_in(RINA)
    kiosk.restart()
    assert kiosk.sessions.actor is None
    assert await kiosk.sign_in(RINA) == session


async def test_person_is_out_when_the_session_was_ended_elsewhere(kiosk: OfflineKiosk) -> None:
    session = await kiosk.sign_in(RINA)
    heard: list[int] = []
    kiosk.sessions.subscribe(lambda: heard.append(1))
    kiosk.desk.tap("close_session", session_subject(session), NoArgs(), actor=RINA, session=session)
    kiosk.sessions.tick()
    kiosk.sessions.tick()
    assert kiosk.sessions.actor is None
    assert kiosk.sessions.signed_in == ()
    assert heard == [1]


async def test_signer_gets_a_session_and_the_actor_stays_when_only_signing(
    kiosk: OfflineKiosk,
) -> None:
    await kiosk.sign_in(RINA)
    result = await kiosk.sessions.step_up(SARI, "123456")
    assert result.step_up is not None
    assert kiosk.sessions.actor == RINA
    assert kiosk.sessions.session_of(SARI) is not None
    assert kiosk.pins.asked[-1] == (SARI, True)
    await kiosk.sessions.step_up(SARI, "123456")
    assert kiosk.pins.asked[-1] == (SARI, False)


async def test_answer_comes_by_callback_for_those_who_cannot_wait(kiosk: OfflineKiosk) -> None:
    answers: list[SignInResult] = []
    kiosk.sessions.ask_sign_in(RINA, "123456", answers.append)
    assert answers == []
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [answer.state for answer in answers] == [SignIn.OK]
    await kiosk.sessions.close()


async def test_disk_that_is_full_lets_people_out_but_nobody_in(kiosk: OfflineKiosk) -> None:
    session = await kiosk.sign_in(RINA)
    (pages,) = kiosk.store._db.execute("PRAGMA page_count").fetchone()
    kiosk.store._db.execute(f"PRAGMA max_page_count={pages}")

    def fill(length: int) -> None:
        for _ in range(200):
            note = NoteBatchArgs(text="x" * length)
            kiosk.desk.tap("note_batch", CHICKEN, note, actor=RINA, session=session)

    for length in (400, 0):
        with pytest.raises(DiskRefused):
            fill(length)
    assert (await kiosk.sessions.sign_in(BUDI, "123456")).state is SignIn.UNAVAILABLE
    kiosk.sessions._present[BUDI] = session
    with pytest.raises(DiskRefused):
        kiosk.sessions.sign_out(RINA)
    assert RINA not in kiosk.sessions.signed_in
    with pytest.raises(DiskRefused):
        kiosk.sessions.sign_out_all()
    assert kiosk.sessions.signed_in == ()
