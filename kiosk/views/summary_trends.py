"""Figures of past nights as lines: on time, passed, cooking, waste, held; texts and scales only, the server counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dapur.figures import Ratio
from dapur.past import NightFigures
from kiosk.views.floor import Floor
from kiosk.views.summary_looks import TrendLook, TrendPoint

MINUTE_MS = 60_000
NOTHING = "–"
Ticks = tuple[tuple[float, str], ...]
_PERCENT_TICKS = (0.0, 50.0, 100.0)
_STEPS = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0, 200.0, 500.0, 1000.0)


def trends(floor: Floor, nights: Sequence[NightFigures]) -> tuple[TrendLook, ...]:
    """One look a measure; `nights` oldest first, as the server counted them."""
    return (
        _share(floor, "on_time", nights, lambda night: night.on_time),
        _share(floor, "passed", nights, lambda night: night.qc_pass),
        _cooking(floor, nights),
        _amount(floor, "held", nights, lambda night: float(night.held)),
        _amount(floor, "waste", nights, lambda night: night.waste_kg),
    )


def mean_cooking(nights: Sequence[NightFigures]) -> tuple[int, int] | None:
    """Over so many nights, so many ms: every first pass counts the same. None without any."""
    cooked = [each for each in nights if each.mean_cooking_ms is not None and each.cooked]
    passes = sum(each.cooked for each in cooked)
    total = sum((each.mean_cooking_ms or 0) * each.cooked for each in cooked)
    return (len(cooked), total // passes) if passes else None


def _share(
    floor: Floor, key: str, nights: Sequence[NightFigures], of: Callable[[NightFigures], Ratio]
) -> TrendLook:
    words = floor.words
    ratios = [(each, of(each)) for each in nights]
    points = tuple(
        _point(
            floor,
            night.night,
            ratio.share * 100 if ratio.share is not None else None,
            words("summary.trend.of", part=ratio.part, base=ratio.base),
            "%",
        )
        for night, ratio in ratios
    )
    part, base = (sum(each.part for _, each in ratios), sum(each.base for _, each in ratios))
    value = f"{_short(floor, part / base * 100)} %" if base else NOTHING
    caption = words("summary.trend.of", part=part, base=base) if base else ""
    ticks = tuple((at, f"{at:.0f} %") for at in _PERCENT_TICKS)
    return _look(floor, key, value, caption, points, (0.0, 100.0), ticks)


def _cooking(floor: Floor, nights: Sequence[NightFigures]) -> TrendLook:
    words = floor.words
    points = tuple(
        _point(
            floor,
            each.night,
            each.mean_cooking_ms / MINUTE_MS if each.mean_cooking_ms is not None else None,
            words("summary.trend.batches", count=each.cooked),
            words("summary.minutes"),
        )
        for each in nights
    )
    mean = mean_cooking(nights)
    value = (
        f"{floor.number(round(mean[1] / MINUTE_MS))} {words('summary.minutes')}"
        if mean
        else NOTHING
    )
    count = sum(each.cooked for each in nights)
    caption = words("summary.trend.batches", count=floor.number(count)) if mean else ""
    scale = _scale(floor, [each.value for each in points])
    return _look(floor, "cooking", value, caption, points, *scale)


def _amount(
    floor: Floor, key: str, nights: Sequence[NightFigures], of: Callable[[NightFigures], float]
) -> TrendLook:
    """Something that is counted or weighed: the sum, and of how many batches."""
    words, unit = floor.words, floor.words(f"summary.trend.unit.{key}")
    points = tuple(
        _point(
            floor,
            each.night,
            of(each) if each.productions else None,
            words("summary.trend.batches", count=each.productions),
            unit,
        )
        for each in nights
    )
    count = sum(each.productions for each in nights)
    value = f"{_short(floor, sum(map(of, nights)))} {unit}" if count else NOTHING
    caption = words("summary.trend.base", count=floor.number(count)) if count else ""
    return _look(floor, key, value, caption, points, *_scale(floor, [p.value for p in points]))


def _point(floor: Floor, night: str, value: float | None, base: str, unit: str) -> TrendPoint:
    label = day_month(night)
    said = NOTHING if value is None else f"{_short(floor, value)} {unit}"
    return TrendPoint(night, label, value, f"{label} · {said} · {base}")


def _look(
    floor: Floor,
    key: str,
    value: str,
    caption: str,
    points: tuple[TrendPoint, ...],
    ends: tuple[float, float],
    ticks: Ticks,
) -> TrendLook:
    title = floor.words(f"summary.trend.{key}")
    name = " ".join(part for part in (title, value, caption) if part)
    return TrendLook(key, title, value, caption, points, *ends, ticks, name)


def _scale(floor: Floor, values: Sequence[float | None]) -> tuple[tuple[float, float], Ticks]:
    """From nought to a round number above the highest, in at most four steps."""
    highest = max((each for each in values if each is not None), default=0.0)
    step = next((each for each in _STEPS if each * 4 >= highest), _STEPS[-1])
    count = max(1, -(-int(highest * 1000) // int(step * 1000)))
    ticks = tuple((step * n, floor.number(round(step * n))) for n in range(count + 1))
    return (0.0, step * count), ticks


def _short(floor: Floor, value: float) -> str:
    """One decimal where there is one."""
    rounded = round(value, 1)
    whole = rounded == int(rounded)
    return floor.number(int(rounded)) if whole else floor.degrees(rounded)


def day_month(night: str) -> str:
    """22/11 of 2026-11-22: the same in both languages, and short."""
    _, month, day = night.split("-")
    return f"{day}/{month}"
