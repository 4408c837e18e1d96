"""Ten pictures of the kiosk against those that are kept: what nobody meant to change has not changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtGui import QImage

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REMAKE = "python -m tests.goldens.make"
SEEN_DELTA = 32
"""A channel that differs by less is not seen as another colour."""
MOST_SHARE = 0.001
MOST_BYTES = 150_000
NAMES = sorted(path.stem for path in HERE.glob("*.png"))
Pixels = npt.NDArray[np.int16]

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="letters are drawn by another engine on other systems"
)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of pictures as they are now; drawn by a process of its own, whose letters are set up first."""
    folder = tmp_path_factory.mktemp("goldens")
    run = subprocess.run(
        [sys.executable, "-m", "tests.goldens.make", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return folder


def pixels(path: Path) -> Pixels:
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), dtype=np.uint8)
    return flat.reshape(image.height(), image.width(), 4)[:, :, :3].astype(np.int16)


def save_difference(differs: npt.NDArray[np.bool_], path: Path) -> None:
    """Red where it differs."""
    image = QImage(differs.shape[1], differs.shape[0], QImage.Format.Format_RGB32)
    image.fill(0xFFFFFF)
    for y, x in zip(*np.nonzero(differs), strict=True):
        image.setPixel(int(x), int(y), 0xFF0000)
    image.save(str(path))


def test_there_are_ten_and_they_are_small() -> None:
    assert len(NAMES) == 10
    assert not [name for name in NAMES if (HERE / f"{name}.png").stat().st_size > MOST_BYTES]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", NAMES)
def test_picture_is_as_it_was(drawn: Path, name: str) -> None:
    actual = drawn / f"{name}.png"
    now, before = pixels(actual), pixels(HERE / f"{name}.png")
    versions = [(folder / "made_with.txt").read_text().strip() for folder in (HERE, drawn)]
    told = f"see {actual}; kept ones by {versions[0]}, now {versions[1]}; meant so? {REMAKE}"
    assert now.shape == before.shape, f"{now.shape} is not {before.shape}: {told}"
    differs = np.abs(now - before).max(axis=2) > SEEN_DELTA
    share = float(differs.mean())
    if share > MOST_SHARE:
        difference = drawn / f"{name}.diff.png"
        save_difference(differs, difference)
        pytest.fail(f"{share:.2%} of the picture differs, red in {difference}; {told}")
