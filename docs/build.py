"""Writes the machine-readable half of docs/protocol.md from the code; `--check` only compares."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from dapur import past
from dapur.envelope import Command, Event
from dapur.kitchen import COMMANDS, EVENTS, STATE_VERSION
from dapur.wire import messages, queries
from dapur.wire.messages import SUBPROTOCOL, Claims, ClientFrame, ServerFrame

HERE = Path(__file__).parent
REFERENCE = "#/$defs/{name}"
ASYNC_REFERENCE = "#/components/schemas/{name}"


def frames(union: Any) -> dict[str, type[msgspec.Struct]]:
    """Frames of one direction by their `type`."""
    return {str(kind.__struct_config__.tag): kind for kind in union.__args__}


def query_types() -> dict[str, tuple[type[msgspec.Struct], type[msgspec.Struct]]]:
    """Args and reply of each named query."""
    return {
        queries.SIGN_IN: (queries.SignInArgs, queries.SignInReply),
        queries.STEP_UP: (queries.SignInArgs, queries.SignInReply),
        queries.ROSTER: (queries.RosterArgs, queries.RosterReply),
        queries.SET_PIN: (queries.SetPinArgs, queries.DoneReply),
        queries.UNLOCK: (queries.UnlockArgs, queries.DoneReply),
        queries.DEVICES: (queries.DevicesArgs, queries.DevicesReply),
        queries.ENROLMENT_CODE: (queries.EnrolmentCodeArgs, queries.EnrolmentCodeReply),
        queries.REVOKE_DEVICE: (queries.RevokeDeviceArgs, queries.DoneReply),
        queries.AUTHORITIES: (queries.AuthoritiesArgs, queries.AuthoritiesReply),
        queries.FLEET: (queries.FleetArgs, queries.FleetReply),
        past.NIGHTS: (past.NightsArgs, past.NightsReply),
        past.TRENDS: (past.TrendsArgs, past.TrendsReply),
        past.NIGHT_BATCHES: (past.NightArgs, past.BatchesReply),
        past.NIGHT_READINGS: (past.NightArgs, past.ReadingsReply),
        past.NIGHT_CHECKS: (past.NightArgs, past.ChecksReply),
        past.NIGHT_ALERTS: (past.NightArgs, past.AlertsReply),
        past.ACTIVITY: (past.SpanArgs, past.ActivityReply),
        past.AUDIT: (past.AuditArgs, past.AuditReply),
    }


def schema() -> dict[str, Any]:
    """JSON Schema of all frames, commands, events and queries."""
    sent, heard = frames(ClientFrame), frames(ServerFrame)
    asked = query_types()
    types: list[Any] = [
        *sent.values(), *heard.values(), Claims, Command, Event,
        *(rule.args for rule in COMMANDS.values()),
        *(rule.body for rule in EVENTS.values()),
        *(each for pair in asked.values() for each in pair),
    ]  # fmt: skip
    unique = list(dict.fromkeys(types))
    refs, definitions = msgspec.json.schema_components(unique, ref_template=REFERENCE)
    where = dict(zip(unique, refs, strict=True))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Dapur wire {SUBPROTOCOL}",
        "state_version": STATE_VERSION,
        "client_frames": {name: where[kind] for name, kind in sent.items()},
        "server_frames": {name: where[kind] for name, kind in heard.items()},
        "claims": where[Claims],
        "command": where[Command],
        "event": where[Event],
        "commands": {name: where[rule.args] for name, rule in sorted(COMMANDS.items())},
        "events": {name: where[rule.body] for name, rule in sorted(EVENTS.items())},
        "queries": {
            name: {"args": where[args], "reply": where[reply]}
            for name, (args, reply) in asked.items()
        },
        "roles": {name: sorted(rule.roles) for name, rule in sorted(COMMANDS.items())},
        "step_up": sorted(name for name, rule in COMMANDS.items() if rule.needs_step_up),
        "limits": {
            name: value
            for name, value in vars(messages).items()
            if name.isupper() and isinstance(value, int)
        },
        "$defs": definitions,
    }


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0: one channel, what a device sends and what it hears."""
    sent, heard = frames(ClientFrame), frames(ServerFrame)
    types = [*sent.values(), *heard.values()]
    refs, definitions = msgspec.json.schema_components(types, ref_template=ASYNC_REFERENCE)
    where = dict(zip(types, refs, strict=True))
    every = {**sent, **heard}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Dapur",
            "version": SUBPROTOCOL,
            "description": "The wire between a kitchen's kiosks and its server; docs/protocol.md tells it in words.",
        },
        "servers": {"embedded": {"host": "127.0.0.1:8790", "protocol": "ws"}},
        "channels": {
            "kitchen": {
                "address": "/",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in every},
            }
        },
        "operations": {
            "device_sends": _operation("send", sent),
            "device_hears": _operation("receive", heard),
        },
        "components": {
            "messages": {
                name: {"name": name, "contentType": "application/json", "payload": where[kind]}
                for name, kind in every.items()
            },
            "schemas": definitions,
        },
    }


def _operation(action: str, names: dict[str, type[msgspec.Struct]]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/kitchen"},
        "messages": [{"$ref": f"#/channels/kitchen/messages/{name}"} for name in names],
    }


def texts() -> dict[str, str]:
    """File name → what it must hold."""
    made = {"protocol.schema.json": schema(), "asyncapi.json": asyncapi()}
    return {name: json.dumps(value, indent=1, default=str) + "\n" for name, value in made.items()}


def main(argv: list[str]) -> int:
    """Write the files, or with `--check` say which are out of step."""
    wrong = 0
    for name, text in texts().items():
        path = HERE / name
        if "--check" in argv:
            if not path.exists() or path.read_text() != text:
                sys.stderr.write(f"{name} is out of step: python docs/build.py\n")
                wrong = 1
        else:
            path.write_text(text)
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
