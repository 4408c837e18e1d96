"""The one strict form of a message, and the older forms that an alias may ask for; it sends nothing."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from server.bridge.message import Data, Message
from server.settings import Dialect

VERSION = 1
"""Of our strict contract."""
_encoder = msgspec.json.Encoder()


def write(message: Message, dialect: Dialect, channel: str) -> bytes | None:
    """The JSON of a message; None when this dialect has no word for it."""
    body = _DIALECTS[dialect](message)
    if body is None:
        return None
    if dialect == "broadcast":
        body["channel"] = channel
    return _encoder.encode(body)


def _strict(message: Message) -> Data | None:
    body: Data = {
        "v": VERSION,
        "id": message.id,
        "type": message.type,
        "sppgId": message.kitchen,
        "seq": message.seq,
        "epoch": message.epoch,
        "timestamp": message.time,
        "data": message.data,
    }
    if message.actor is not None:
        body["actor"] = message.actor
    return body


def _ours(message: Message) -> Data:
    """What every older form carries too, so that its reader can know it again and we our echo."""
    return {"id": message.id, "seq": message.seq, "epoch": message.epoch}


def _user(message: Message) -> object:
    return None if message.actor is None else message.actor["id"]


def _realtime(message: Message) -> Data | None:
    """`RealtimeMessage` of the plan document; milliseconds."""
    domain = message.topic.partition(":")[0]
    kinds = {
        "production": "production_update",
        "distribution": "distribution_update",
        "inventory": "inventory_alert",
    }
    return {
        **_ours(message),
        "type": kinds.get(domain, "collaboration"),
        "sppgId": message.kitchen,
        "domain": domain,
        "data": {"event": message.type, **message.data},
        "timestamp": message.at_ms,
        "userId": _user(message),
    }


def _created(message: Message) -> Data | None:
    """What the published code says on `sppg:…:production:created`; a change has its own type."""
    if message.topic != "production:status":
        return None
    data = message.data
    created = message.type == "production.planned"
    return {
        **_ours(message),
        "eventType": "PRODUCTION_CREATED" if created else _client_type(message),
        "timestamp": message.time,
        "correlationId": f"prod-{data['batchId']}",
        "data": {
            "id": data["batchId"],
            "batchNumber": data["batchNumber"],
            "menuName": data["menuName"],
            "plannedPortions": data["plannedPortions"],
            "productionDate": data["servingDate"],
            "status": data["status"],
            "estimatedCost": None,
        },
        "metadata": {
            "createdBy": _user(message),
            "sppgId": message.kitchen,
            "subscriptionPlan": None,
        },
    }


def _client_type(message: Message) -> str:
    if message.topic == "production:quality":
        return "QUALITY_CHECK_ADDED"
    types = {
        "production.planned": "PRODUCTION_CREATED",
        "production.stage_changed": "STATUS_CHANGED",
    }
    return types.get(message.type, "PRODUCTION_UPDATED")


def _client(message: Message) -> Data | None:
    """`ProductionRealTimeUpdate` of the web client."""
    if message.topic not in ("production:status", "production:quality", "production:temperature"):
        return None
    kind = _client_type(message)
    data = dict(message.data)
    if kind == "STATUS_CHANGED":
        data["newStatus"] = data["status"]
    return {
        **_ours(message),
        "type": kind,
        "productionId": data["batchId"],
        "data": data,
        "timestamp": message.time,
        "userId": _user(message),
    }


def _update(message: Message) -> Data | None:
    """`production_update` and `production_alert` of the audit document; milliseconds."""
    if message.topic == "production:alerts":
        alert: Data = {
            "id": message.data["alertId"],
            "type": message.data["rule"],
            "message": message.data["detail"],
            "severity": message.data["severity"],
            "timestamp": message.at_ms,
        }
        return {
            **_ours(message),
            "type": "production_alert",
            "productionId": message.data["about"],
            "alert": {**message.data, **alert},
            "timestamp": message.at_ms,
        }
    if not message.topic.startswith("production:"):
        return None
    return {
        **_ours(message),
        "type": "production_update",
        "productionId": message.data["batchId"],
        "data": message.data,
        "timestamp": message.at_ms,
        "updatedBy": _user(message),
    }


def _distribution(message: Message) -> Data | None:
    """What the published code says of a distribution."""
    if message.topic != "distribution:tracking":
        return None
    return {
        **_ours(message),
        "type": "distribution_status_changed",
        "sppgId": message.kitchen,
        "distribution": {
            **message.data,
            "id": message.data["distributionId"],
            "distributionCode": message.data["distributionId"],
        },
        "timestamp": message.time,
    }


def _distribution_notice(message: Message) -> Data | None:
    """The notification beside it."""
    if message.topic != "distribution:tracking":
        return None
    return {
        **_ours(message),
        "type": "distribution_notification",
        "title": str(message.data["waveName"]),
        "message": f"{message.data['waveName']}: {message.data['stage']}",
        "sppgId": message.kitchen,
        "timestamp": message.time,
    }


def _inventory(message: Message) -> Data | None:
    """What the published code says when stock moves."""
    if message.topic != "inventory:usage":
        return None
    return {
        **_ours(message),
        "type": "stock_movement",
        "sppgId": message.kitchen,
        "data": {
            **message.data,
            "id": message.data["batchId"],
            "name": message.data["menuName"],
            "message": message.type,
            "movementType": "OUT" if message.type == "inventory.stock_used" else "ADJUSTMENT",
        },
        "timestamp": message.time,
    }


def _broadcast(message: Message) -> Data | None:
    """What the broadcast endpoint sends on."""
    return {
        **_ours(message),
        "type": "broadcast",
        "message": {"event": message.type, **message.data},
        "sppgId": message.kitchen,
        "timestamp": message.time,
    }


def _event(message: Message) -> Data | None:
    """The helper's form: the event's own type."""
    return {
        **_ours(message),
        "type": message.type,
        "sppgId": message.kitchen,
        "data": message.data,
        "timestamp": message.time,
    }


_DIALECTS: dict[Dialect, Callable[[Message], Data | None]] = {
    "strict": _strict,
    "realtime": _realtime,
    "created": _created,
    "client": _client,
    "update": _update,
    "distribution": _distribution,
    "distribution_notice": _distribution_notice,
    "inventory": _inventory,
    "broadcast": _broadcast,
    "event": _event,
}
