"""Counts what the server does, for Prometheus; every room may tell it something, it tells nobody anything."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

GROUP_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
COMMIT_BUCKETS_S = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.5, 2.0)
LAG_BUCKETS_S = (0.001, 0.002, 0.004, 0.008, 0.016, 0.05, 0.1, 0.5, 1.0, 3.0, 10.0)
PENDING_BUCKETS_S = (0.05, 0.2, 1.0, 5.0, 30.0, 120.0, 600.0, 3600.0, 28_800.0, 86_400.0)
AGE_BUCKETS_S = (0.1, 1.0, 5.0, 10.0, 20.0, 30.0, 60.0)
REVIEW_OUTCOMES = frozenset({"refused", "quarantined", "malformed"})
"""Outcomes that open an item which a person has to settle."""

Fate = Literal["sent", "late", "dropped", "received", "odd"]
"""Of a hint: `late` was sent too slowly to be of use, `odd` came in and is none of ours."""

Level = Literal["memory", "redis", "tables"]
"""Where an answer about the past was found; `tables` is a miss."""


class Metrics:
    """One registry for one server, so that two servers in a test do not share counters."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.connections = Gauge("dapur_connections", "Open connections", registry=registry)
        self.admitted = Counter("dapur_admitted", "Kiosks welcomed", registry=registry)
        self.turned_away = Counter(
            "dapur_turned_away", "Connections ended, by goodbye code", ["code"], registry=registry
        )
        self.aborted = Counter(
            "dapur_aborted", "Connections cut without goodbye", ["why"], registry=registry
        )
        self.commands = Counter(
            "dapur_commands", "Commands decided, by outcome", ["outcome"], registry=registry
        )
        self.reviews = Counter(
            "dapur_reviews_opened", "Items a person has to settle", registry=registry
        )
        self.group = Histogram(
            "dapur_group_commands",
            "Commands of one group",
            buckets=GROUP_BUCKETS,
            registry=registry,
        )
        self.commit_s = Histogram(
            "dapur_commit_seconds",
            "One group from decision to commit",
            buckets=COMMIT_BUCKETS_S,
            registry=registry,
        )
        self.waiting = Gauge("dapur_unanswered", "Commands without an answer", registry=registry)
        self.lag_s = Histogram(
            "dapur_fanout_lag_seconds",
            "From the commit of a group to its last frame queued",
            buckets=LAG_BUCKETS_S,
            registry=registry,
        )
        self.gaps = Counter("dapur_fanout_gaps", "Gaps filled from the log", registry=registry)
        self.delivered = Counter("dapur_live_frames", "Live frames queued", registry=registry)
        self.dropped = Counter(
            "dapur_queue_drops", "Queues of slow kiosks dropped", registry=registry
        )
        self.cloned = Counter("dapur_cloned_keys", "Devices replaced too often", registry=registry)
        self.repaired = Counter(
            "dapur_poll_repairs",
            "Kitchens whose news came by the poll of heads and not by a hint",
            registry=registry,
        )
        self.recovering = Gauge(
            "dapur_recovering_kitchens",
            "Restored kitchens that still wait for their kiosks",
            registry=registry,
        )
        self.bus_up = Gauge(
            "dapur_bus_up", "Whether hints flow between processes", registry=registry
        )
        self._hints = Counter(
            "dapur_bus_hints",
            "Hints between processes, by what became of them",
            ["fate"],
            registry=registry,
        )
        self._past = Counter(
            "dapur_past_answers",
            "Questions about the past, by where the answer was found",
            ["level"],
            registry=registry,
        )
        self._past_age_s = Histogram(
            "dapur_past_age_seconds",
            "Age of an answer that was remembered; no event of its kitchen came since",
            buckets=AGE_BUCKETS_S,
            registry=registry,
        )
        self.pending_s = Histogram(
            "dapur_pending_age_seconds",
            "Age of a tap when it reached the server: what a kiosk kept while it was offline",
            buckets=PENDING_BUCKETS_S,
            registry=registry,
        )
        self.oldest_s = Gauge(
            "dapur_oldest_unanswered_seconds",
            "How long the tap waits for its answer that waits longest",
            registry=registry,
        )
        self.behind = Gauge(
            "dapur_kiosk_lag_events",
            "Events that the kiosk which is furthest behind has not stored, of those connected",
            registry=registry,
        )
        self.unsent = Gauge(
            "dapur_kiosk_unsent",
            "Taps that connected kiosks keep, as they said last",
            registry=registry,
        )
        self.reviews_open = Gauge(
            "dapur_reviews_open",
            "Items that wait for a person, in kitchens with a kiosk connected here",
            registry=registry,
        )
        self.forks = Counter(
            "dapur_forks", "Outboxes that differ from the log: copied disks", registry=registry
        )
        self.database_up = Gauge(
            "dapur_database_up", "Whether the log answered the last time", registry=registry
        )
        self.certificate_s = Gauge(
            "dapur_certificate_expires_timestamp_seconds",
            "Until when the certificate in use is good; 0 without TLS",
            registry=registry,
        )
        self.guests = Gauge(
            "dapur_guests", "Open sockets that have not said who they are", registry=registry
        )
        self.bridge_up = Gauge(
            "dapur_bridge_up", "Whether the platform's Redis can be used", registry=registry
        )
        self._told = Counter(
            "dapur_bridge_told", "Messages to the platform, by topic", ["topic"], registry=registry
        )
        self.bridge_age_s = Histogram(
            "dapur_bridge_age_seconds",
            "From an event's commit until the platform was told",
            buckets=AGE_BUCKETS_S,
            registry=registry,
        )
        self._bridged = Counter(
            "dapur_bridge_heard",
            "Messages of the platform, by what became of them",
            ["topic", "fate"],
            registry=registry,
        )
        self._follower_behind = Gauge(
            "dapur_follower_behind_events",
            "Events that a follower has not taken in, of kitchens that this process minds: sum them",
            ["follower"],
            registry=registry,
        )
        self.unavailable = Counter(
            "dapur_unavailable", "Answers the database did not allow", registry=registry
        )

    def answered(self, level: Level, age_ms: int) -> None:
        """A question about the past was answered, with figures of this age."""
        self._past.labels(level).inc()
        if level != "tables":
            self._past_age_s.observe(max(0, age_ms) / 1000)

    def hint(self, fate: Fate, times: int = 1) -> None:
        """Something became of hints."""
        self._hints.labels(fate).inc(times)

    def follower_behind(self, name: str) -> Callable[[int], None]:
        """Tells how far this follower is behind the log, in events."""
        return self._follower_behind.labels(name).set

    def told(self, topic: str, age_ms: int) -> None:
        """The platform was told of an event of this age."""
        self._told.labels(topic).inc()
        self.bridge_age_s.observe(max(0, age_ms) / 1000)

    def bridged(self, topic: str, fate: str) -> None:
        """Something became of a message of the platform."""
        self._bridged.labels(topic, fate).inc()

    def decided(self, commands: int, seconds: float, outcomes: tuple[str, ...]) -> None:
        """One group is through."""
        self.group.observe(commands)
        self.commit_s.observe(seconds)
        for outcome, times in Tally(outcomes).items():
            self.commands.labels(outcome).inc(times)
            if outcome in REVIEW_OUTCOMES:
                self.reviews.inc(times)

    def text(self) -> bytes:
        """The exposition text."""
        return generate_latest(self.registry)
