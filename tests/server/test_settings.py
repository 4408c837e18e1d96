"""Settings: the command line beats the environment, which beats the file; a wrong one names its key."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from server.settings import BadSettings, Settings, default_data, listen_address, load


def written(folder: Path, text: str) -> Path:
    (folder / "server.toml").write_text(text, encoding="utf-8")
    return folder


def test_server_without_a_file_listens_on_loopback_with_a_file_of_its_own(tmp_path: Path) -> None:
    settings = load(tmp_path, {})
    assert settings == Settings(tmp_path)
    assert settings.host == "127.0.0.1"
    assert settings.database_url == f"sqlite:///{tmp_path / 'server.db'}"


def test_server_takes_the_nearest_of_file_environment_and_command_line(tmp_path: Path) -> None:
    data = written(tmp_path, 'port = 1001\nhost = "192.0.2.1"\nlog_level = "WARNING"\n')
    environment = {
        "DAPUR_PORT": "1002",
        "DAPUR_HOST": "192.0.2.2",
        "DAPUR_BEHIND_TLS_PROXY": "true",
    }
    settings = load(data, environment, port=1003, host=None)
    assert (settings.port, settings.host, settings.log_level) == (1003, "192.0.2.2", "WARNING")
    assert settings.behind_tls_proxy is True


def test_server_passes_by_the_environment_of_others(tmp_path: Path) -> None:
    others = {"DAPUR_SERVER": "wss://x/", "DAPUR_DATA": "/elsewhere", "PORT": "1", "DAPUR_PORT": ""}
    assert load(tmp_path, others) == Settings(tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prot = 1", "`prot`"),
        ("port = 70000", "port: "),
        ('port = "many"', "port: "),
        ("drain_s = -1", "drain_s: "),
        ('log_level = "LOUD"', "log_level: "),
        ('bus = "pigeon"', "bus: "),
        ('bus = "redis://"', "bus: "),
        ('bus = "redis+sentinel://host"', "bus: "),
        ('host = ""', "host: "),
        ('tls_cert = ""', "tls_cert: "),
        ('database = "mysql://a/b"', "database: "),
        ('metrics = "9790"', "metrics: '9790' is not HOST:PORT"),
        ('metrics = "::1:70000"', "metrics: "),
        ("metrics = 9790", "metrics: "),
        ('data = "/elsewhere"', "data is the folder of this file"),
        ("port = ", "server.toml: "),
    ],
)
def test_server_names_the_key_and_the_file_when_a_value_is_wrong(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(BadSettings) as caught:
        load(written(tmp_path, text), {})
    assert told in str(caught.value)
    assert "server.toml" in str(caught.value)


def test_server_says_that_a_wrong_value_came_from_the_environment(tmp_path: Path) -> None:
    data = written(tmp_path, "port = 1001")
    with pytest.raises(BadSettings, match=r"^port: .*\(in the environment\)\Z"):
        load(data, {"DAPUR_PORT": "none"})


def test_server_keeps_the_password_of_a_wrong_database_to_itself(tmp_path: Path) -> None:
    with pytest.raises(BadSettings) as caught:
        load(tmp_path, {"DAPUR_DATABASE": "oracle://dapur:rahasia@db/dapur"})
    assert "rahasia" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["sqlite:////var/x.db", "postgres://h/d", "postgresql://h/d", "postgresql+psycopg://h/d"]
)
def test_server_takes_a_database_url_as_it_is(tmp_path: Path, url: str) -> None:
    assert load(tmp_path, {"DAPUR_DATABASE": url}).database_url == url


@pytest.mark.parametrize(
    "url", ["memory", "redis://h:1/0", "rediss://u:w@h", "redis+sentinel://a:1,b:2/name"]
)
def test_server_takes_the_address_of_its_bus_as_it_is(tmp_path: Path, url: str) -> None:
    assert load(tmp_path, {"DAPUR_BUS": url}).bus == url


def test_server_keeps_the_password_of_a_wrong_bus_to_itself(tmp_path: Path) -> None:
    with pytest.raises(BadSettings) as caught:
        load(tmp_path, {"DAPUR_BUS": "amqp://dapur:rahasia@bus"})
    assert "rahasia" not in str(caught.value)


def test_server_finds_its_certificate_beside_its_settings(tmp_path: Path) -> None:
    data = written(tmp_path, 'tls_cert = "chain.pem"\ntls_key = "/keys/server.pem"\n')
    settings = load(data, {})
    assert (settings.tls_cert, settings.tls_key) == (
        tmp_path / "chain.pem",
        Path("/keys/server.pem"),
    )


def test_server_refuses_a_folder_that_the_database_library_would_misread(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="question mark"):
        load(tmp_path / "why?", {})


@pytest.mark.parametrize(
    ("text", "at", "beside_kiosks"),
    [
        ("", None, True),
        ('host = "::1"', None, True),
        ('host = "0.0.0.0"', None, False),
        ('host = "192.0.2.1"', None, False),
        ("behind_tls_proxy = true", None, False),
        ('metrics = "127.0.0.1:9790"', ("127.0.0.1", 9790), False),
        ('host = "0.0.0.0"\nmetrics = "[::1]:9790"', ("::1", 9790), False),
    ],
)
def test_server_tells_its_figures_only_where_nobody_from_outside_comes_unasked(
    tmp_path: Path, text: str, at: tuple[str, int] | None, beside_kiosks: bool
) -> None:
    settings = load(written(tmp_path, text), {})
    assert (settings.metrics_at, settings.metrics_beside_kiosks) == (at, beside_kiosks)


def test_server_says_that_a_wrong_metrics_address_came_from_the_environment(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"^metrics: .*\(in the environment\)\Z"):
        load(tmp_path, {"DAPUR_METRICS": "here"})


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(AttributeError):
        load(tmp_path, {}).port = 1  # type: ignore[misc]
    assert msgspec.structs.replace(load(tmp_path, {}), port=1).port == 1


def test_operator_chooses_the_data_folder_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAPUR_DATA", str(tmp_path))
    assert default_data() == tmp_path
    monkeypatch.delenv("DAPUR_DATA")
    assert default_data().is_absolute()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:0", ("127.0.0.1", 0)),
        ("[::1]:8790", ("::1", 8790)),
        (":8790", ("127.0.0.1", 8790)),
        ("dapur.example:443", ("dapur.example", 443)),
    ],
)
def test_operator_types_an_address(text: str, address: tuple[str, int]) -> None:
    assert listen_address(text) == address


@pytest.mark.parametrize("text", ["8790", "127.0.0.1", "127.0.0.1:", "h:1x", "h:٣", "h:65536"])
def test_operator_is_told_what_is_no_address(text: str) -> None:
    with pytest.raises(BadSettings, match="HOST:PORT"):
        listen_address(text)
