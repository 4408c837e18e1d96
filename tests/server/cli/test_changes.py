"""What one plan has other than another, in the fields of the file."""

from __future__ import annotations

import msgspec
import pytest

from dapur.batch import Limits, Recipe, Step
from dapur.night import Stop, Wave
from server.cli.changes import changes

WIB = 420
MINUTE = 60_000
MIDNIGHT = 1_795_021_200_000
"""00:00 WIB."""
RECIPE = Recipe(
    "ayam", "Ayam", "G1", "G1-01", MIDNIGHT - 90 * MINUTE, MIDNIGHT, MIDNIGHT + 150 * MINUTE,
    Limits(75.0, 60.0, None, "SOP"), pk=120, steps=(Step("Tumis", 15), Step("Masak", 60, 75.0)),
)  # fmt: skip
STOPS = tuple(Stop(f"sd-{n}", f"SD {n}", "school", MIDNIGHT, 15, pk=10) for n in range(3))
WAVES = (Wave("G1", "Gelombang 1", MIDNIGHT, STOPS),)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({}, []),
        ({"pk": 0}, ["pk 120 → 0"]),
        ({"prepare_ms": MIDNIGHT}, ["prepare 22:30 → 00:00"]),
        ({"no_cook": True}, ["no_cook false → true"]),
        (
            {"limits": Limits(None, 62.5, None, "SOP")},
            ["limits.core_c 75 → none", "limits.hot_hold_c 60 → 62.5"],
        ),
        (
            {"steps": (Step("Tumis", 20), *RECIPE.steps[1:], Step("Angkat", 5))},
            ["steps[0].duration_min 15 → 20", "steps[2] none → 'Angkat'"],
        ),
        ({"steps": RECIPE.steps[:1]}, ["steps 'Masak' → none"]),
        ({"name": "A" * 80}, [f"name 'Ayam' → '{'A' * 38}…"]),
    ],
)
def test_changed_fields_of_a_batch_are_named_as_in_the_file(
    other: dict[str, object], told: list[str]
) -> None:
    after = msgspec.structs.replace(RECIPE, **other)
    assert [str(change) for change in changes(RECIPE, after, WIB)] == told


@pytest.mark.parametrize(
    ("stops", "told"),
    [
        (STOPS, []),
        (STOPS[1:], ["waves[0].stops 'sd-0' → none"]),
        (STOPS[::-1], ["waves[0].stops one order → another"]),
        (
            (STOPS[1], msgspec.structs.replace(STOPS[0], pk=12), STOPS[2]),
            ["waves[0].stops[1].pk 10 → 12"],
        ),
    ],
)
def test_stops_are_known_by_their_id_wherever_they_stand(
    stops: tuple[Stop, ...], told: list[str]
) -> None:
    after = (msgspec.structs.replace(WAVES[0], stops=stops),)
    assert [str(change) for change in changes(WAVES, after, WIB, "waves")] == told
