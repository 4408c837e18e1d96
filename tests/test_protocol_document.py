"""The protocol's documents are those that the code says."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import jsonschema

from dapur.kitchen import COMMANDS
from dapur.wire.codec import encode
from dapur.wire.messages import CLOSE_CODES, Got, Outcome, Page, Pull, Result, Results, Top

DOCS = Path(__file__).resolve().parents[1] / "docs"


def _build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_build", DOCS / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_documents_stay_in_step_with_the_code() -> None:
    for name, text in _build().texts().items():
        assert (DOCS / name).read_text() == text, f"{name}: run python docs/build.py"


def test_schema_describes_real_frames() -> None:
    schema = json.loads((DOCS / "protocol.schema.json").read_text())
    frames = {
        "client_frames": (Pull(3), Got(4, 5)),
        "server_frames": (
            Page(1, ("{}",), bytes(32), 1, last=True),
            Results((Result(1, Outcome.APPLIED, 2),), 1, 0),
            Top(1, bytes(32), 2, bytes(64)),
        ),
    }
    for side, examples in frames.items():
        for frame in examples:
            value = json.loads(encode(frame))
            rule = {**schema[side][value["type"]], "$defs": schema["$defs"]}
            jsonschema.validate(value, rule)


def test_schema_names_every_command() -> None:
    schema = json.loads((DOCS / "protocol.schema.json").read_text())
    assert set(schema["commands"]) == set(COMMANDS)


def test_protocol_text_names_every_goodbye_and_its_close_code() -> None:
    text = (DOCS / "protocol.md").read_text()
    for code, number in CLOSE_CODES.items():
        assert re.search(rf"\| `{code}` \| {number} \|", text), code
