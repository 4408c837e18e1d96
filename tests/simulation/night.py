"""One night put together: servers, kiosks, bus, database and everything that its swarm sends at them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

import msgspec

from dapur import kitchen as rules
from dapur import watch
from dapur.ids import DeviceId, KitchenId, OutboxId
from dapur.wire.messages import Limits
from server.desk.folding import load
from server.desk.ports import DeviceRecord, StoredSnapshot, Unavailable
from server.log.recovery import Restored
from tests.simulation import crew
from tests.simulation.auditor import Auditor
from tests.simulation.books import Books
from tests.simulation.database import Database
from tests.simulation.disk import Disk
from tests.simulation.kiosk import Clock, Kiosk
from tests.simulation.kitchens import EPOCH, KITCHENS, own_command
from tests.simulation.network import Line
from tests.simulation.server import Server
from tests.simulation.storage import Storage, made
from tests.simulation.swarm import Item, Swarm
from tests.simulation.world import Violation, World
from tests.support.taps import at

HEAL_MS = 120_000
"""Once all faults have stopped, all must be at rest within this."""
RESTART_MS = (200, 3_000)
ENROLLED_MS = at(-600)


class Night:
    """`Network` of the kiosks, `Bus` and `Figures` of the servers."""

    def __init__(self, world: World, swarm: Swarm) -> None:
        self.world = world
        self.swarm = swarm
        self.limits: Limits = swarm.limits
        self.queue_frames = swarm.queue_frames
        self.live_lost = swarm.live_lost
        self.read_events = swarm.read_events
        self.kitchens_cached = 1 if "tiny_caches" in swarm.shapes else 2_000
        kitchens = KITCHENS[: len(swarm.kiosks)]
        self.books: dict[KitchenId, Books] = {}
        self.auditor = Auditor(world, self.books)
        self.storage: Storage = made(kitchens, sqlite="sqlite" in swarm.shapes)
        self.books.update(self.storage.books())
        self.database = Database(world, self.storage, self.auditor)
        self.auditor.waits = lambda kitchen: kitchen in self.storage.recoveries.open()
        self._patience = world.chance("patience")
        self.patience_ms: int | None = None
        """How long a restored kitchen waits for its kiosks; None: sometimes so, sometimes so."""
        self.servers: list[Server] = []
        self.kiosks: list[Kiosk] = []
        self.lines: list[tuple[Kiosk, Line]] = []
        self._bus = world.chance("bus")
        self._epochs = 1
        self._backup: object | None = None
        self._supervisor = world.chance("supervisor")
        world.after(RESTART_MS[1], self._supervise)
        for shape in swarm.shapes:
            world.count(shape)
        for number in range(swarm.servers):
            self.servers.append(self._server(number))
        for kitchen, many in zip(kitchens, swarm.kiosks, strict=True):
            for number in range(many):
                self._add_kiosk(kitchen, number)

    # ---- building ------------------------------------------------------------------------------

    def _server(self, number: int) -> Server:
        server = Server(self.world, number, self.database, self, self)
        if "watchman" in self.swarm.shapes:
            server.soon(1_500 + 700 * number, partial(self._watch, server))
        return server

    def _add_kiosk(self, kitchen: KitchenId, number: int) -> None:
        name = f"kiosk-{len(self.kiosks) + 1}"
        device = DeviceId(name)
        self.database.devices[device] = DeviceRecord(
            device, kitchen, f"Kios {number}", device.encode(), ENROLLED_MS, None
        )
        random = self.world.chance(f"clock/{name}")
        off_ms = random.randint(-400_000, 400_000) if "clock_off" in self.swarm.shapes else 0
        drift_ppm = random.randint(-90, 90) if "clock_drift" in self.swarm.shapes else 0
        kiosk = Kiosk(
            self.world,
            self,
            self.auditor,
            name=name,
            kitchen=kitchen,
            device=device,
            disk=Disk(lambda: self.world.name("outbox")),
            clock=Clock(self.world, off_ms, drift_ppm),
        )
        self.add(kiosk)
        self.world.after(random.randint(0, 400), kiosk.start)

    def add(self, kiosk: Kiosk) -> None:
        """One more machine in the kitchen."""
        self.kiosks.append(kiosk)
        self.auditor.kiosks.append(kiosk)

    # ---- network and bus -----------------------------------------------------------------------

    def dial(self, kiosk: Kiosk) -> Line | None:
        """A load balancer: some server that looks awake, now and then one that is not there."""
        server = kiosk.random.choice(self.servers)
        away = self.world.now_ms < kiosk.offline_until_ms
        if not server.alive or not server.ready or away:
            self.world.count("dial_refused")
            return None
        line = Line(self.world, self.world.chance(self.world.name("line")), 0)
        call = kiosk.connected(line)
        line.join(call, server.accept(line))
        self.lines = [(one, other) for one, other in self.lines if one.call is not None]
        self.lines.append((kiosk, line))
        return line

    def publish(self, origin: Server, kitchen: KitchenId, seq: int) -> None:
        """The bus may lose, double and delay."""
        bus = {} if self.world.healed else self.swarm.bus
        for server in self.servers:
            if server is origin or self._happens(bus, "bus_loss"):
                continue
            for _ in range(2 if self._happens(bus, "bus_double") else 1):
                late_ms = 3_000 if self._happens(bus, "bus_late") else 3
                server.soon(self._bus.randint(0, late_ms), partial(server.hinted, kitchen, seq))

    def _happens(self, bus: dict[str, float], fault: str) -> bool:
        if self._bus.random() >= bus.get(fault, 0.0):
            return False
        self.world.count(fault)
        return True

    # ---- the server's own commands -------------------------------------------------------------

    def _watch(self, server: Server) -> None:
        server.soon(5_000, partial(self._watch, server))
        for kitchen in self.books:
            fold = server.desk.fold(kitchen)
            if fold is None:
                continue
            wishes = watch.housekeeping(fold.kitchen, self.world.utc_ms)
            for wish in wishes[:3]:
                self.own(server, kitchen, wish.kind, wish.subject, wish.args)

    def own(
        self, server: Server, kitchen: KitchenId, kind: str, subject: str, args: object
    ) -> bool:
        """The server gives a command of its own; whether it was taken."""
        outbox = OutboxId(f"own-{server.number}")
        command = own_command(self.world.name("own"), kind, subject, args, self.world.utc_ms)
        try:
            group = server.desk.take_own(kitchen, outbox, [command])
        except Unavailable:
            return False
        server.publish(group.grown)
        return True

    # ---- the night -----------------------------------------------------------------------------

    def run(self, agenda: tuple[Item, ...], trouble: Callable[[Night, Item], None]) -> None:
        """From dusk to the reckoning. Raises Violation."""
        for item in agenda:
            action = partial(self.tap, item) if item.kind == "tap" else partial(trouble, self, item)
            self.world.after(item.at_ms, action)
        self.world.run_until(self.swarm.length_ms)
        self.heal()
        self.world.run_until(self.world.now_ms + HEAL_MS, done=self.auditor.at_rest)
        if restless := self.auditor.restless():
            raise Violation("liveness", restless)
        self.auditor.reckon()
        self._check_servers()

    def close(self) -> None:
        """Free what the night held."""
        self.storage.close()
        for kiosk in self.kiosks:
            kiosk.disk.close()

    def tap(self, item: Item) -> None:
        """Somebody taps."""
        random = Random(item.key)
        kiosk = random.choice(self.kiosks)
        if kiosk.alive and not kiosk.frozen:
            kiosk.do(partial(crew.tap, kiosk, random, self.auditor.confirmed))

    def heal(self) -> None:
        """All faults stop; what is broken is put right."""
        world = self.world
        world.healed = True
        world.tell("healed")
        self.database.away_until_ms = 0
        for kiosk in self.kiosks:
            kiosk.disk.calm()
            kiosk.offline_until_ms = 0
            if kiosk.name.endswith("'"):
                kiosk.retired = True
                kiosk.power_off()
            elif not kiosk.alive:
                kiosk.start()
        for _, line in self.lines:
            line.slow_down(0)
            for way in (line.up, line.down):
                way.unclog()
        for server in self.servers:
            server.calm()
            if not server.ready:
                server.die()

    def _supervise(self) -> None:
        """Start a process in the place of each that has ended."""
        self.world.after(self._supervisor.randint(*RESTART_MS), self._supervise)
        for server in list(self.servers):
            if not server.alive:
                self.servers[server.number] = self._server(server.number)

    def _check_servers(self) -> None:
        for kitchen, books in self.books.items():
            head = self.database.log.head(kitchen)
            if head is None or (head.seq, head.hash) != (len(books.bodies), books.hash):
                raise Violation("I5", f"the log of {kitchen} is not what was written")
            for server in self.servers:
                fold = server.desk.fold(kitchen)
                if fold is not None and fold.seq == head.seq and fold.kitchen != books.state:
                    raise Violation("I5", f"{server.name} folded {kitchen} otherwise")
            if load(self.database.log, kitchen).kitchen != books.state:
                raise Violation("I5", f"the fold of the log of {kitchen} is another")

    # ---- upkeep --------------------------------------------------------------------------------

    def back_up(self) -> None:
        """A verified backup: what is in it is durable."""
        pages = {kitchen: books.page() for kitchen, books in self.books.items()}
        self._backup = (self.storage.image(), pages)
        for kitchen, page in pages.items():
            self.storage.care.mark_durable(kitchen, page.length)

    def restore(self) -> bool:
        """Every server stops, the last backup takes the place of the database, a new epoch begins."""
        if not isinstance(self._backup, tuple):
            return False
        for server in self.servers:
            server.die()
        image, pages = self._backup
        self.auditor.check_durable({kitchen: page.length for kitchen, page in pages.items()})
        self.storage.restore(image)
        self._epochs += 1
        epoch = f"{EPOCH}-{self._epochs}"
        restored = [self._restored(kitchen, books) for kitchen, books in self.books.items()]
        wait_ms = self.patience_ms
        if wait_ms is None:
            wait_ms = self._patience.choice((0, 1_000, 10_000, 40_000))
        self.storage.recover(restored, now_ms=self.world.utc_ms, wait_ms=wait_ms)
        for kitchen, books in self.books.items():
            self.storage.care.rotate_epoch(kitchen, epoch)
            books.restored(pages[kitchen], epoch)
        return True

    def _restored(self, kitchen: KitchenId, books: Books) -> Restored:
        awaited = [
            device
            for device, record in self.database.devices.items()
            if record.kitchen == kitchen and record.revoked_ms is None
        ]
        return Restored(kitchen, books.epoch, tuple(awaited))

    def compact(self, kitchen: KitchenId, random: Random) -> None:
        """Old events go to the archive; a snapshot stands for them."""
        fold = load(self.database.log, kitchen)
        text = rules.encode_snapshot(fold.kitchen)
        stored = StoredSnapshot(fold.seq, fold.hash, rules.STATE_VERSION, text)
        self.database.log.save_snapshot(kitchen, stored)
        self.storage.care.raise_floor(kitchen, random.randint(1, fold.seq))

    def clone(self, original: Kiosk) -> Kiosk:
        """Somebody copies the disk of a kiosk into another machine and switches it on."""
        kiosk = Kiosk(
            self.world,
            self,
            self.auditor,
            name=f"{original.name}'",
            kitchen=original.kitchen,
            device=original.device,
            disk=Disk(lambda: self.world.name("outbox"), image=original.disk.image()),
            clock=Clock(self.world, 0, 0, "copy"),
        )
        kiosk.whole_seq = original.whole_seq
        self.add(kiosk)
        kiosk.start()
        return kiosk

    def revoke(self, kiosk: Kiosk, random: Random) -> None:
        """An administrator ends a device, on one of the servers."""
        self.database.revoke(kiosk.device)
        self.books[kiosk.kitchen].revoked_ms[kiosk.device] = self.world.utc_ms
        server = random.choice(self.servers)
        server.do(partial(server.end_revoked, kiosk.device))

    def damage(self, kiosk: Kiosk) -> None:
        """Its file breaks: the next start sets it aside and salvages what was in it."""
        kiosk.power_off()
        kiosk.disk.salvage()
        kiosk.start()

    def give_up_on(self, kiosk: Kiosk, image: bytes) -> None:
        """Taps that were on a disk and neither sent nor on the image that takes its place are gone."""
        kept = Disk(lambda: "", image=image)
        names = {
            row[0] for row in kept.db.execute("SELECT id FROM outbox UNION SELECT id FROM salvaged")
        }
        kept.close()
        receipts = self.books[kiosk.kitchen].receipts
        for tap in self.auditor.taps.values():
            if tap.kiosk is kiosk and tap.command not in names and tap.command not in receipts:
                tap.given_up = "old image"


def without(swarm: Swarm, agenda: tuple[Item, ...], bus: bool) -> Swarm:
    """The same night with less in it."""
    return msgspec.structs.replace(swarm, agenda=agenda, bus=swarm.bus if bus else {})
