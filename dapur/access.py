"""Who may do what: the command × role matrix as data and the questions asked of it; it changes
nothing.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person may be in a kitchen (Bergizi-ID's roles without their prefix, and the field's
    own).
    """

    KEPALA = "KEPALA"
    ADMIN = "ADMIN"
    PRODUKSI_MANAGER = "PRODUKSI_MANAGER"
    AHLI_GIZI = "AHLI_GIZI"
    AKUNTAN = "AKUNTAN"
    HRD_MANAGER = "HRD_MANAGER"
    DISTRIBUSI_MANAGER = "DISTRIBUSI_MANAGER"
    STAFF_DAPUR = "STAFF_DAPUR"
    STAFF_QC = "STAFF_QC"
    STAFF_DISTRIBUSI = "STAFF_DISTRIBUSI"
    STAFF_ADMIN = "STAFF_ADMIN"
    ASLAP = "ASLAP"
    DRIVER = "DRIVER"
    TEAM_LEAD = "TEAM_LEAD"
    VIEWER = "VIEWER"
    DEMO = "DEMO"
    OPERATOR = "OPERATOR"
    """Runs the server of a province: sees how all kiosks are, decides nothing in a kitchen."""
    SYSTEM = "SYSTEM"
    """The server itself and its operator; never a person's."""
    KIOSK = "KIOSK"
    """A kiosk that tells of itself, whoever is signed in; never a person's."""


_KEPALA = frozenset({Role.KEPALA})
NOBODYS = frozenset({Role.SYSTEM, Role.KIOSK})
"""Roles that cannot be given to a person."""
EVERYONE = frozenset(Role) - {Role.VIEWER, Role.DEMO, Role.OPERATOR} - NOBODYS
"""Everyone signed in who works: facts and holds."""
PLANNERS = _KEPALA | {Role.ADMIN, Role.PRODUKSI_MANAGER, Role.AHLI_GIZI, Role.SYSTEM}
COOKS = _KEPALA | {Role.PRODUKSI_MANAGER, Role.AHLI_GIZI, Role.STAFF_DAPUR}
CHECKERS = _KEPALA | {Role.STAFF_QC, Role.AHLI_GIZI, Role.PRODUKSI_MANAGER}
JUDGES = _KEPALA | {Role.AHLI_GIZI, Role.STAFF_QC}
SUPERVISORS = _KEPALA | {Role.AHLI_GIZI}
"""Release and discard what is critically held."""
ROSTERERS = _KEPALA | {Role.PRODUKSI_MANAGER, Role.HRD_MANAGER, Role.TEAM_LEAD, Role.SYSTEM}
CHIEFS = _KEPALA | {Role.ADMIN}
"""Settle a review."""
HANDERS = SUPERVISORS | {Role.AKUNTAN}
"""The three chiefs of a night: give the floor and take it (kitchen.md 1.3)."""
KEEPERS = CHIEFS | {Role.SYSTEM}
"""Roles, roster and policy."""
SERVER = frozenset({Role.SYSTEM})
KIOSKS = frozenset({Role.KIOSK})

STEP_UP_FRESH_MS = 60_000
"""How old a PIN may be for a weighty decision (sync.md, identity)."""
