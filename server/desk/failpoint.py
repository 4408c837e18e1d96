"""Lets a test end the process at a named moment; inert unless `DAPUR_FAIL` names that moment."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Final

EXIT_CODE: Final = 86
"""Tells the test that the process ended here and nowhere else."""


class Failpoint(StrEnum):
    """The moments between which a crash must lose and double nothing (failures 4 to 6)."""

    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    BEFORE_PUBLISH = "before_publish"
    AFTER_TOLD = "after_told"
    """The platform was told, the bridge's position does not say so yet."""


_ARMED: Final = os.environ.get("DAPUR_FAIL", "")


def armed(moment: Failpoint) -> bool:
    """Whether this process shall end at that moment."""
    return moment.value == _ARMED


def reach(moment: Failpoint) -> None:
    """End the process without any clean-up, as a power cut would, if it is armed for this moment."""
    if armed(moment):
        os._exit(EXIT_CODE)
