"""Who may do what: the command × role matrix as data and the questions asked of it; it changes nothing."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person may be in a kitchen (Bergizi-ID's roles without their prefix, and the field's own)."""

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
    SYSTEM = "SYSTEM"
    """The server itself and its operator; never a person's."""
