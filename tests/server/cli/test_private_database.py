"""What an operator's first commands leave on the disk: a database that no other user reads."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from dapur import resources
from server.__main__ import main

NIGHT = "demo/night.json"


def modes(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_database_is_private_in_a_folder_that_was_there_before(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert main(["init", "--data", str(tmp_path)]) == 0
    assert set(modes(tmp_path).values()) == {0o600}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_init_takes_the_rights_of_others_away_from_an_older_database(tmp_path: Path) -> None:
    main(["init", "--data", str(tmp_path)])
    (tmp_path / "server.db").chmod(0o644)
    assert main(["init", "--data", str(tmp_path)]) == 0
    assert modes(tmp_path)["server.db"] == 0o600


def test_plan_of_a_kitchen_with_the_longest_id_is_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    longest = "k" * 64
    plan = tmp_path / "plan.json"
    text = resources.read_bytes(NIGHT).decode()
    plan.write_text(text.replace('"cendana-02"', f'"{longest}"'), encoding="utf-8")
    main(["init", "--data", str(tmp_path)])
    assert main(["plan", "import", str(plan), "--data", str(tmp_path)]) == 0
    assert main(["verify", "--data", str(tmp_path)]) == 0
    assert f"{longest}: " in capsys.readouterr().out
