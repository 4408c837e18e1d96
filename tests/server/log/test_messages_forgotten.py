"""Messages of the platform are remembered as long as their events, kiosks' outboxes for ever."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine

from dapur.ids import OutboxId
from dapur.kitchen import SERVER_DEVICE
from server.desk.ports import MESSAGE, Append, StoredSnapshot
from server.log.care import LogCare
from server.log.schema import upgrade
from server.log.sql_log import SqlLog
from server.log.verify import verify
from tests.support.databases import clean_postgres, opened, sqlite_url
from tests.support.groups import KITCHEN, OTHER, OUTBOX, group

OLD, YOUNG, FORGED = (OutboxId(f"{MESSAGE}{name}") for name in ("old", "young", "forged"))


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        url = sqlite_url(tmp_path)
        upgrade(url)
    else:
        url = clean_postgres()
    with opened(url) as opened_engine:
        yield opened_engine


def of_the_server(append: Append) -> Append:
    heads = tuple(msgspec.structs.replace(each, device=SERVER_DEVICE) for each in append.outboxes)
    return msgspec.structs.replace(append, outboxes=heads)


def test_message_is_forgotten_with_its_events_and_no_kiosks_outbox_ever_is(engine: Engine) -> None:
    log, care = SqlLog(engine), LogCare(engine)
    for kitchen in (KITCHEN, OTHER):
        log.create_kitchen(kitchen, epoch="e")
        log.append(
            [of_the_server(group(log, kitchen, [b"1", b"2"], outbox=OLD, raws=[b"a", b"b"]))]
        )
        log.append([group(log, kitchen, [b"3"], outbox=OUTBOX, raws=[b"c"])])
        log.append([group(log, kitchen, [b"4"], outbox=FORGED, raws=[b"d"])])
        log.append([of_the_server(group(log, kitchen, [b"5"], outbox=YOUNG, raws=[b"e"]))])
    assert care.forget_messages(KITCHEN) == 0
    entry = log.read(KITCHEN, 4, limit=1)[0]
    log.save_snapshot(KITCHEN, StoredSnapshot(5, entry.hash, 1, "{}"))
    care.raise_floor(KITCHEN, 1)
    assert care.forget_messages(KITCHEN) == 0, "its second event is in the log"
    care.raise_floor(KITCHEN, 4)
    assert care.forget_messages(KITCHEN) == 1
    assert care.forget_messages(KITCHEN) == 0
    left = [o for o in (OLD, OUTBOX, FORGED, YOUNG) if log.outbox_head(KITCHEN, o)]
    assert left == [OUTBOX, FORGED, YOUNG]
    assert not log.receipts(KITCHEN, OLD, 1, 9)
    assert len(log.receipts(KITCHEN, YOUNG, 1, 9)) == 1
    assert log.outbox_head(OTHER, OLD), "another kitchen's"
    assert all("unreadable" in each.wrong or not each.wrong for each in verify(engine))
