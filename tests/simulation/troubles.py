"""Every fault of failures 3.1: what it does to which machine at its moment; it judges nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from random import Random

from dapur.crew import ChangeRolesArgs
from dapur.ids import KitchenId
from dapur.wire.messages import GoodbyeCode
from server.desk.ports import Unavailable
from tests.simulation.database import answer_lost, contended, died
from tests.simulation.kiosk import Kiosk
from tests.simulation.kitchens import BATCHES
from tests.simulation.network import Line
from tests.simulation.night import Night
from tests.simulation.server import Server
from tests.simulation.swarm import Item
from tests.support.taps import DATE, PEOPLE, plan_args

Trouble = Callable[[Night, Random, Callable[[], None]], None]
"""What happens; the last argument is called when it really did."""


def happen(night: Night, item: Item) -> None:
    """Carry out one item of the agenda that is no tap."""
    TROUBLES[item.kind](night, Random(item.key), partial(night.world.count, item.kind))


# ---- whom it meets -------------------------------------------------------------------------------


def _server(night: Night, random: Random) -> Server | None:
    awake = [server for server in night.servers if server.alive and not server.stalled]
    return random.choice(awake) if awake else None


def _kiosk(night: Night, random: Random) -> Kiosk | None:
    awake = [kiosk for kiosk in night.kiosks if kiosk.alive]
    return random.choice(awake) if awake else None


def _line(night: Night, random: Random) -> Line | None:
    called = [kiosk.call.line for kiosk in night.kiosks if kiosk.call is not None]
    return random.choice(called) if called else None


def _kitchen(night: Night, random: Random) -> KitchenId:
    return random.choice(sorted(night.books))


# ---- lines ---------------------------------------------------------------------------------------


def _cut(night: Night, random: Random, count: Callable[[], None]) -> None:
    if (line := _line(night, random)) is not None:
        count()
        line.cut()


def _deaf(up: bool, down: bool) -> Trouble:
    def trouble(night: Night, random: Random, count: Callable[[], None]) -> None:
        if (line := _line(night, random)) is not None:
            count()
            line.go_deaf(up=up, down=down)

    return trouble


def _clog(night: Night, random: Random, count: Callable[[], None]) -> None:
    """Swizzle: lines stop one by one and go on in another order."""
    lines = [kiosk.call.line for kiosk in night.kiosks if kiosk.call is not None]
    random.shuffle(lines)
    for index, line in enumerate(lines):
        way = random.choice((line.up, line.down))
        count()
        night.world.after(index * 300, way.clog)
        night.world.after(random.randint(1_000, 12_000) + index * 300, way.unclog)


def _slow(night: Night, random: Random, count: Callable[[], None]) -> None:
    if (line := _line(night, random)) is not None:
        count()
        line.slow_down(random.randint(200, 2_500))


def _resend(night: Night, random: Random, count: Callable[[], None]) -> None:
    """What was sent on an earlier line comes once more on the present one."""
    kiosk = _kiosk(night, random)
    if kiosk is None or kiosk.call is None or not kiosk.online:
        return
    outbox, text = kiosk.last_submit
    # A line speaks for one outbox; with another the kiosk has thrown away what it wanted to send.
    if text and outbox == kiosk.store.outbox_position.outbox:
        count()
        kiosk.call.line.up.send(text)


def _flip(night: Night, random: Random, count: Callable[[], None]) -> None:
    """A frame whose bytes are no frame any more."""
    if (line := _line(night, random)) is not None:
        count()
        way = random.choice((line.up, line.down))
        way.send('{"type":"submit","rows":[{"dseq":1,"hash"')


# ---- servers -------------------------------------------------------------------------------------


def _crash(night: Night, random: Random, count: Callable[[], None]) -> None:
    if (server := _server(night, random)) is not None:
        count()
        server.die()


def _at_append(make: Callable[[Night, Random], Callable[[Callable[[], None]], None]]) -> Trouble:
    """A trouble that waits for the next append of a server."""

    def trouble(night: Night, random: Random, count: Callable[[], None]) -> None:
        server = _server(night, random)
        if server is None:
            return
        inner = make(night, random)

        def at_append(write: Callable[[], None]) -> None:
            count()
            inner(write)

        server.log.next_append.append(at_append)

    return trouble


def _zombie(night: Night, random: Random, count: Callable[[], None]) -> None:
    """A server stops between its decision and its commit, and wakes later."""
    server = _server(night, random)
    if server is None:
        return
    for_ms = random.randint(1_000, 25_000)

    def trouble(write: Callable[[], None]) -> None:
        count()
        server.stall(for_ms)
        write()

    server.log.next_append.append(trouble)


def _before_publish(night: Night, random: Random, count: Callable[[], None]) -> None:
    server = _server(night, random)
    if server is None:
        return

    def died_now() -> None:
        count()
        server.die()

    server.die_before_publish(died_now)


def _freeze_server(night: Night, random: Random, count: Callable[[], None]) -> None:
    if (server := _server(night, random)) is not None:
        count()
        server.freeze(random.randint(500, 30_000))


def _drain(night: Night, random: Random, count: Callable[[], None]) -> None:
    if (server := _server(night, random)) is not None:
        count()
        server.drain(random.randint(500, 8_000))


def _rehello(night: Night, random: Random, count: Callable[[], None]) -> None:
    server = _server(night, random)
    if server is None or not server.connections:
        return
    count()
    connection = random.choice(list(server.connections.values()))
    server.do(partial(connection.end, GoodbyeCode.RESTART))


# ---- the database --------------------------------------------------------------------------------


def _away(night: Night, random: Random, count: Callable[[], None]) -> None:
    count()
    night.database.away_until_ms = night.world.now_ms + random.randint(300, 15_000)


def _restore(night: Night, _random: Random, count: Callable[[], None]) -> None:
    if night.restore():
        count()


def _backup(night: Night, _random: Random, count: Callable[[], None]) -> None:
    count()
    night.back_up()


def _compaction(night: Night, random: Random, count: Callable[[], None]) -> None:
    """The operator's tool; while a stopped server keeps SQLite's one lock it says so and does nothing."""
    with suppress(Unavailable):
        night.compact(_kitchen(night, random), random)
        count()


# ---- kiosks --------------------------------------------------------------------------------------


def _kill(night: Night, random: Random, count: Callable[[], None]) -> None:
    if (kiosk := _kiosk(night, random)) is not None:
        count()
        kiosk.stop()
        night.world.after(random.randint(300, 6_000), kiosk.start)


def _freeze_kiosk(night: Night, random: Random, count: Callable[[], None]) -> None:
    if (kiosk := _kiosk(night, random)) is not None and not kiosk.frozen:
        count()
        kiosk.freeze(random.randint(1_000, 40_000))


def _power(night: Night, random: Random, count: Callable[[], None]) -> None:
    if (kiosk := _kiosk(night, random)) is not None:
        count()
        kiosk.power_off()
        kiosk.clock.reboot()
        night.world.after(random.randint(500, 9_000), kiosk.start)


def _power_at_commit(after: bool) -> Trouble:
    def trouble(night: Night, random: Random, count: Callable[[], None]) -> None:
        if (kiosk := _kiosk(night, random)) is not None:
            kiosk.disk.cut_at_commit(after=after, done=count)

    return trouble


def _disk_full(night: Night, random: Random, count: Callable[[], None]) -> None:
    if (kiosk := _kiosk(night, random)) is None:
        return
    disk = kiosk.disk
    disk.full = True
    disk.on_refused = count

    def freed() -> None:
        disk.full = False

    night.world.after(random.randint(1_000, 20_000), freed)


def _old_image(night: Night, random: Random, count: Callable[[], None]) -> None:
    """Later somebody puts the disk back as it is now."""
    kiosk = _kiosk(night, random)
    if kiosk is None:
        return
    image = kiosk.disk.image()

    def put_back() -> None:
        if night.world.healed or kiosk.name.endswith("'"):
            return
        count()
        kiosk.power_off()
        night.give_up_on(kiosk, image)
        kiosk.disk.put_back(image)
        kiosk.clock.reboot()
        kiosk.start()

    night.world.after(random.randint(500, 30_000), put_back)


def _clone(night: Night, random: Random, count: Callable[[], None]) -> None:
    kiosk = _kiosk(night, random)
    if kiosk is not None and not any(one.name == f"{kiosk.name}'" for one in night.kiosks):
        if kiosk.name.endswith("'"):
            return
        count()
        night.clone(kiosk)


def _damage(night: Night, random: Random, count: Callable[[], None]) -> None:
    if (kiosk := _kiosk(night, random)) is not None:
        count()
        night.damage(kiosk)


def _night_off(night: Night, random: Random, count: Callable[[], None]) -> None:
    """A kiosk without a network for a long while: its people tap on."""
    if (kiosk := _kiosk(night, random)) is not None:
        count()
        kiosk.offline_until_ms = night.world.now_ms + random.randint(5_000, 60_000)
        if kiosk.call is not None:
            kiosk.call.line.cut()


def _jump(night: Night, random: Random, count: Callable[[], None]) -> None:
    if (kiosk := _kiosk(night, random)) is not None:
        count()
        hour_ms = 3_600_000
        kiosk.clock.offset_ms += random.choice((24, -24, -8_760, 1, -1)) * hour_ms


def _reboot(night: Night, random: Random, count: Callable[[], None]) -> None:
    """The machine starts again with the clock of 1970."""
    if (kiosk := _kiosk(night, random)) is not None:
        count()
        kiosk.power_off()
        kiosk.clock.reboot()
        if random.random() < 0.5:
            kiosk.clock.offset_ms = -night.world.utc_ms
        night.world.after(random.randint(500, 9_000), kiosk.start)


# ---- people with rights --------------------------------------------------------------------------


def _revoke(night: Night, random: Random, count: Callable[[], None]) -> None:
    kiosk = _kiosk(night, random)
    if kiosk is None or night.database.devices[kiosk.device].revoked_ms is not None:
        return
    count()
    night.revoke(kiosk, random)


def _own(make: Callable[[Random], tuple[str, str, object]]) -> Trouble:
    def trouble(night: Night, random: Random, count: Callable[[], None]) -> None:
        server = _server(night, random)
        if server is None:
            return
        kitchen = _kitchen(night, random)
        kind, subject, args = make(random)

        def give() -> None:
            if night.own(server, kitchen, kind, subject, args):
                count()

        server.do(give)

    return trouble


def _roles(random: Random) -> tuple[str, str, object]:
    person = random.choice(("s-cook", "s-cook2", "s-qc", "s-gizi"))
    roles = random.choice((PEOPLE["s-viewer"], PEOPLE[person]))
    return "change_roles", f"staff:{person}", ChangeRolesArgs(person, roles)


def _plan(random: Random) -> tuple[str, str, object]:
    if random.random() < 0.5:
        return (
            "plan_batch",
            f"b{random.randint(4, 6)}",
            plan_args(code=f"G1-0{random.randint(4, 9)}"),
        )
    return "change_plan", f"b{random.randint(1, 3)}", plan_args(pk=random.randint(50, 200))


def _close(random: Random) -> tuple[str, str, object]:
    open_ = BATCHES if random.random() < 0.8 else ()
    args = {"serving_date": DATE, "leave_open": open_}
    return "close_night", "night:kitchen", args


TROUBLES: dict[str, Trouble] = {
    "cut": _cut,
    "half_open": _deaf(up=True, down=True),
    "deaf_up": _deaf(up=True, down=False),
    "deaf_down": _deaf(up=False, down=True),
    "clog": _clog,
    "slow_line": _slow,
    "resend": _resend,
    "flip": _flip,
    "server_crash": _crash,
    "crash_before_commit": _at_append(lambda _night, _random: died(done=False)),
    "crash_after_commit": _at_append(lambda _night, _random: died(done=True)),
    "crash_before_publish": _before_publish,
    "zombie": _zombie,
    "server_freeze": _freeze_server,
    "drain": _drain,
    "rehello": _rehello,
    "database_away": _away,
    "contended": _at_append(lambda night, random: contended(_kitchen(night, random))),
    "commit_lost": _at_append(lambda _night, _random: answer_lost(done=False)),
    "commit_unknown": _at_append(lambda _night, _random: answer_lost(done=True)),
    "restore": _restore,
    "kiosk_kill": _kill,
    "kiosk_freeze": _freeze_kiosk,
    "power_cut": _power,
    "power_cut_before": _power_at_commit(after=False),
    "power_cut_after": _power_at_commit(after=True),
    "disk_full": _disk_full,
    "old_image": _old_image,
    "clone": _clone,
    "night_off": _night_off,
    "damage": _damage,
    "clock_jump": _jump,
    "reboot": _reboot,
    "revoke": _revoke,
    "change_role": _own(_roles),
    "change_plan": _own(_plan),
    "compaction": _compaction,
    "backup": _backup,
    "close_night": _own(_close),
}
