"""Looks at the files of `packaging/` with the tools that know their formats; it needs no container engine.

Its tools (tests/packaging/requirements.txt) are large and of no use to the product: they live in an
environment of their own. What needs none of them is tested by tests/packaging/test_packaging.py.
"""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
CHART = PACKAGING / "helm" / "dapur"
KUBERNETES = ("1.25.0", "1.31.0", "1.34.0")
"""The oldest that the chart names, and two since."""
VALUES: tuple[dict[str, Any], ...] = (
    {},
    {"tls": {"enabled": False}, "service": {"type": "ClusterIP"}},
    {"database": {"role": ""}},
    {"tls": {"tellAuthorities": False}, "nodeSelector": {"disk": "ssd"}, "replicas": 1},
)
PROGRAM = "/opt/dapur/bin/dapur-server"
EXPOSURE_MOST = 20
"""Of systemd's scale to 100."""


def say(line: str) -> None:
    """To the person or the script that runs this."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def compose() -> Iterator[str]:
    """The compose file against its specification."""
    program = Path(sys.executable).with_name("check-jsonschema")
    words = [str(program), "--builtin-schema", "vendor.compose-spec"]
    yield from _said([*words, str(PACKAGING / "compose" / "compose.yaml")])


def chart() -> Iterator[str]:
    """The chart by Helm's own lint, and what it renders by the schemas of Kubernetes."""
    helm: Any = importlib.import_module("helm_python")
    kubernetes: Any = importlib.import_module("kubernetes_validate")
    yaml: Any = importlib.import_module("yaml")
    found = helm.lint(str(CHART))
    yield from map(str, found["errors"])
    yield from (str(each) for each in found["messages"] if each["severity"] > 1)
    with helm.Chart.load(str(CHART)) as loaded:
        for values in VALUES:
            for name, text in loaded.render(values, name="dapur", namespace="dapur").items():
                documents = [each for each in yaml.safe_load_all(text) if each]
                if not documents:
                    yield f"{name} renders nothing"
                for document in documents:
                    yield from _kubernetes(kubernetes, name, document)


def _kubernetes(kubernetes: Any, name: str, document: Any) -> Iterator[str]:
    for version in KUBERNETES:
        try:
            kubernetes.validate(document, version, strict=True)
        except (kubernetes.ValidationError, kubernetes.SchemaNotFoundError) as error:
            yield f"{name} (Kubernetes {version}): {error}"


def queries() -> Iterator[str]:
    """YAML of the alert rules, and every expression of rules and dashboard as PromQL."""
    yaml: Any = importlib.import_module("yaml")
    promql: Any = importlib.import_module("promql_parser")
    for path in sorted(PACKAGING.rglob("*.y*ml")):
        if CHART / "templates" not in path.parents:
            list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    rules = yaml.safe_load((PACKAGING / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))
    board = json.loads((PACKAGING / "grafana" / "dapur.json").read_text(encoding="utf-8"))
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    asked += [each["expr"] for panel in board["panels"] for each in panel.get("targets", ())]
    for query in asked:
        plain = (
            query.replace("$__rate_interval", "5m").replace("$job", "j").replace("$instance", "i")
        )
        try:
            promql.parse(plain)
        except ValueError as error:
            yield f"{query}: {error}"


def units() -> Iterator[str]:
    """The systemd units by systemd, with a program in the place of ours; what is asked of it is counted."""
    if shutil.which("systemd-analyze") is None:
        yield "systemd-analyze is missing (apt-get install systemd)"
        return
    with tempfile.TemporaryDirectory() as folder:
        for unit in sorted((PACKAGING / "systemd").glob("*.service")):
            copy = Path(folder) / unit.name.replace("@", "@8791")
            copy.write_text(unit.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true"))
            yield from _said(["systemd-analyze", "verify", str(copy)])
            rate = ["systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE_MOST}"]
            yield from _said([*rate, str(copy)])


def _said(command: list[str]) -> Iterator[str]:
    """What a tool complains of when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        yield f"{' '.join(command)}:\n{done.stdout}{done.stderr}"


CHECKS: tuple[Callable[[], Iterator[str]], ...] = (compose, chart, queries, units)


def main() -> int:
    """All checks; 0 when nothing was found."""
    wrong = 0
    for check in CHECKS:
        found = list(check())
        wrong += len(found)
        say(f"{check.__name__}: {'; '.join(found) or 'sound'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
