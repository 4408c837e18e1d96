"""Makes the kiosk's sounds anew: `python resources/sounds/make.py`; standard library only, the kiosk never runs it.

Each has a rhythm of its own, for pitch alone is lost beside a fryer. 600 to 3,000 Hz: above the hum of hoods and
pumps, below what small loudspeakers and tired ears lose.
"""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

RATE_HZ = 22_050
RAMP_S = 0.006
"""Fades in and out so that a tone does not click."""
SECOND_SHARE = 0.35
"""Of the octave above: a pure sine is hard to place in a room of steel."""
LOUD, SOFT = 0.85, 0.25

Tone = tuple[float, float]
"""Frequency in Hz (0: silence) and seconds."""

SOUNDS: dict[str, tuple[float, tuple[Tone, ...]]] = {
    # Three quick, three quick: nothing else is quick.
    "critical": (
        LOUD,
        (*(((2400, 0.09), (0, 0.06)) * 3), (0, 0.16), *(((2400, 0.09), (0, 0.06)) * 3)),
    ),
    # Two even strokes.
    "alert": (LOUD, ((1300, 0.22), (0, 0.16), (1300, 0.22))),
    # Long, short, short: a clock that runs on.
    "late": (LOUD, ((1000, 0.40), (0, 0.12), (1000, 0.09), (0, 0.09), (1000, 0.09))),
    # One long stroke that falls: stop.
    "hold": (LOUD, ((1500, 0.16), (1200, 0.16), (800, 0.55))),
    # Short, short, long: something is other than it was.
    "changed": (LOUD, ((1700, 0.09), (0, 0.09), (1700, 0.09), (0, 0.09), (1700, 0.45))),
    # Two soft knocks.
    "refused": (SOFT, ((700, 0.07), (0, 0.10), (700, 0.07))),
}


def samples(loudness: float, tones: tuple[Tone, ...]) -> list[int]:
    """The 16-bit samples of one sound."""
    made: list[int] = []
    for hertz, seconds in tones:
        count = round(seconds * RATE_HZ)
        for at in range(count):
            ramp = min(1.0, at / (RAMP_S * RATE_HZ), (count - at) / (RAMP_S * RATE_HZ))
            turn = 2 * math.pi * hertz * at / RATE_HZ
            value = (math.sin(turn) + SECOND_SHARE * math.sin(2 * turn)) / (1 + SECOND_SHARE)
            made.append(round(32_767 * loudness * ramp * value) if hertz else 0)
    return made


def encode(path: Path, loudness: float, tones: tuple[Tone, ...]) -> None:
    """Write one sound as mono WAV."""
    values = samples(loudness, tones)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(struct.pack(f"<{len(values)}h", *values))


if __name__ == "__main__":
    for name, (loudness, tones) in SOUNDS.items():
        encode(Path(__file__).parent / f"{name}.wav", loudness, tones)
