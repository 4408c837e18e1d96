"""Names for the identifiers that travel through every stage; no behaviour lives here."""

from typing import NewType

KitchenId = NewType("KitchenId", str)
DeviceId = NewType("DeviceId", str)
OutboxId = NewType("OutboxId", str)
StaffId = NewType("StaffId", str)
SessionId = NewType("SessionId", str)
CommandId = NewType("CommandId", str)
BatchId = NewType("BatchId", str)
WaveId = NewType("WaveId", str)
ConnectionId = NewType("ConnectionId", str)

SYSTEM = StaffId("system")
"""Actor of what the server itself appends (alerts raised by the clock, plans imported by its operator)."""
KIOSK = StaffId("kiosk:self")
"""Actor of what a kiosk tells of itself; the colon keeps it from ever being a person's id."""
