"""Row 51: somebody's roles are taken away while the kiosk at which they work has no line."""

from __future__ import annotations

from pathlib import Path

import pytest

from dapur.review import Reason
from server.log.engine import open_engine
from server.log.sql_log import SqlLog
from tests.failures.checking import common_check, fold_of
from tests.failures.kiosk_process import PIN
from tests.failures.kitchen import Place, open_place


@pytest.mark.slow
@pytest.mark.timeout(90)
async def test_row_51_taps_from_before_count_are_flagged_and_the_next_is_refused(
    tmp_path: Path,
) -> None:
    async with open_place(tmp_path) as place:
        kiosk, office = place.kiosks
        batch = await kiosk.any_batch()
        place.cable_of(kiosk).pull()
        before = await kiosk.measure(batch, "s-nur")
        taken = await office.tap(
            "change_roles", "staff:s-nur", actor="s-hendra", pin=PIN, staff="s-nur", roles=[]
        )
        assert "tapped" in taken, taken
        await office.sent()
        late = await kiosk.measure(batch, "s-nur")
        await place.heal()
        await kiosk.sent()
        counted = await common_check(place)
        assert (counted.applied, counted.refused) == (2, 1)
        assert reasons(place) == {before: Reason.ROLE_REVOKED, late: Reason.REFUSED}


def reasons(place: Place) -> dict[str, Reason]:
    """Why each tap waits for a person."""
    engine = open_engine(place.database_url)
    try:
        items = fold_of(SqlLog(engine)).kitchen.reviews.values()
        return {str(each.command): each.reason for each in items}
    finally:
        engine.dispose()
