"""The one command: what it installs, what installing sees, and what it leaves alone."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import run

ROOT = Path(run.__file__).parent


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone in which nothing was installed yet."""
    monkeypatch.setattr(run, "VENV", tmp_path / ".venv")
    return tmp_path


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, clone: Path) -> list[tuple[list[str], dict[str, str]]]:
    """The commands that are started, with the environment that each gets."""
    started: list[tuple[list[str], dict[str, str]]] = []

    def start(command: list[str], *, env: dict[str, str] | None = None, **_: Any) -> Any:
        started.append((command, dict(os.environ if env is None else env)))
        if "install" in command and "--clean" in command:
            folder = run.kind_of(command[-1])[1]
            (clone / ".meltano" / folder / command[-1] / "venv").mkdir(parents=True)
        return type("Done", (), {"returncode": 0})

    def create(folder: Path, **_: Any) -> None:
        (folder / "pyvenv.cfg").write_text("home = /usr/bin\n")

    monkeypatch.setattr(run.subprocess, "run", start)
    monkeypatch.setattr(run.venv, "create", create)
    for name in ("constraints.txt", "pyproject.toml", "requirements"):
        (clone / name).symlink_to(ROOT / name)
    monkeypatch.setattr(run, "ROOT", clone)
    return started


def test_an_environment_of_the_users_own_is_not_wiped(clone: Path) -> None:
    precious = clone / ".venv" / "precious.txt"
    precious.parent.mkdir()
    precious.write_text("mine")
    with pytest.raises(SystemExit, match="was not made by this script"):
        run.prepare()
    assert precious.read_text() == "mine"


def test_what_is_behind_a_link_is_not_wiped(clone: Path) -> None:
    elsewhere = clone / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "ready-of-another-clone").touch()
    (clone / ".venv").symlink_to(elsewhere)
    with pytest.raises(SystemExit, match="was not made by this script"):
        run.prepare()
    assert list(elsewhere.iterdir())


def test_no_step_that_installs_sees_a_token(
    steps: list[tuple[list[str], dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TAP_TRIPLETEX_EMPLOYEE_TOKEN", "TARGET_POSTGRES_PASSWORD"):
        monkeypatch.setenv(name, "secret")
    run.prepare()
    run.install("target-postgres")
    assert len(steps) == 6
    assert all("secret" not in environment.values() for _, environment in steps)
    assert all("PATH" in environment for _, environment in steps)
    meltano = [command for command, _ in steps if command[0].endswith("meltano")]
    assert len(meltano) == 4
    assert all(f"--env-file={os.devnull}" in command for command in meltano)


def test_what_is_installed_is_not_installed_again(
    steps: list[tuple[list[str], dict[str, str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    run.prepare()
    before = len(steps)
    assert len(capsys.readouterr().out.splitlines()) == 5
    run.prepare()
    assert len(steps) == before
    assert capsys.readouterr().out == ""


def test_an_interrupted_installation_begins_anew(
    steps: list[tuple[list[str], dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        failed = type("Done", (), {"returncode": 1, "stdout": "no space left on device"})
        patched.setattr(run.subprocess, "run", lambda *_, **__: failed)
        with pytest.raises(SystemExit, match=r"(?s)no space left on device.*This step failed"):
            run.prepare()
    run.prepare()
    assert len(steps) == 5


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "meltano.yml").read_text())
    return found


def test_every_plugin_is_pinned_with_hashes(project: dict[str, Any]) -> None:
    extractor, *heirs = project["plugins"]["extractors"]
    assert all(heir["inherit_from"] == extractor["name"] for heir in heirs)
    assert not any("pip_url" in heir for heir in heirs)
    pinned = (
        "-e . -c constraints.txt -b constraints.txt "
        "--only-binary :all: --no-binary tap-tripletex"  # which is built to know its version
    )
    assert extractor["pip_url"] == pinned
    for loader in (*project["plugins"]["loaders"], *project["plugins"]["utilities"]):
        if loader["pip_url"].startswith("git+"):  # no release on the package index, or an old one
            assert re.search(r"\.git@[0-9a-f]{40}$", loader["pip_url"])
            continue
        pins = f"requirements/{loader['name']}.txt"
        assert loader["pip_url"].startswith("--require-hashes ")
        assert f"-r {pins}" in loader["pip_url"]
        assert "--only-binary :all:" in loader["pip_url"] or loader["name"] == "target-jsonl"
        assert "sha256:" in (ROOT / pins).read_text()


def test_made_up_rows_and_a_companys_own_are_kept_apart(project: dict[str, Any]) -> None:
    places: dict[str, list[str]] = {
        loader["name"]: [
            str(setting["value"])
            for setting in loader["settings"]
            if setting["name"] in {"filepath", "destination_path", "dataset", "prefix"}
            or (setting["name"] == "default_target_schema" and loader["name"] != "target-duckdb")
        ]
        for loader in project["plugins"]["loaders"]
    }
    for environment in project["environments"]:
        if environment["name"] == "production":
            continue
        for loader in environment["config"]["plugins"]["loaders"]:
            places[loader["name"]] += map(str, loader["config"].values())
    assert all(len(found) == len(set(found)) == 3 for found in places.values()), places
    databases = {name: path.name for name, path in run.DATABASES.items()}
    assert databases == {"sandbox": "sandbox.duckdb", "production": "books.duckdb"}
    assert f"$MELTANO_PROJECT_ROOT/{databases['sandbox']}" in places["target-duckdb"]
    assert f"$MELTANO_PROJECT_ROOT/{databases['production']}" in places["target-duckdb"]


def test_reports_are_kept_apart_as_the_databases_are(project: dict[str, Any]) -> None:
    (report,) = [plugin for plugin in project["plugins"]["utilities"] if plugin["name"] == "report"]
    places = {"production": {s["name"]: s.get("value") for s in report["settings"]}}
    for environment in project["environments"]:
        for plugin in environment["config"]["plugins"].get("utilities", []):
            if plugin["name"] == "report":
                places[environment["name"]] = plugin["config"]
    assert len(places) == 3
    for setting in ("duckdb_path", "postgres_schema", "output"):
        assert len({place[setting] for place in places.values()}) == 3
    for name, folder in run.REPORTS.items():
        assert str(folder) == places[name]["output"].replace("$MELTANO_PROJECT_ROOT", str(ROOT))


REFRESH, CONSUMER, EMPLOYEE = (
    f"TAP_TRIPLETEX_{name}_TOKEN" for name in ("REFRESH", "CONSUMER", "EMPLOYEE")
)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, "sandbox"),
        ({REFRESH: " ", CONSUMER: ""}, "sandbox"),
        ({REFRESH: "tlxr_key"}, "production"),
        ({REFRESH: "a-form-of-tomorrow"}, "production"),
        ({EMPLOYEE: "tlxr_key"}, "production"),
        ({CONSUMER: " tlxr_key"}, "production"),
        ({CONSUMER: "c", EMPLOYEE: "e"}, "production"),
        ({CONSUMER: "c", EMPLOYEE: "e", REFRESH: "tlxr_key"}, "production"),
    ],
)
def test_any_key_of_a_company_means_its_own_books(
    monkeypatch: pytest.MonkeyPatch, keys: dict[str, str], expected: str
) -> None:
    for name in (REFRESH, CONSUMER, EMPLOYEE):
        monkeypatch.setenv(name, keys.get(name, ""))
    assert run.chosen_environment() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"# as in .env.example\n{REFRESH}=tlxr_key\n", "production"),
        (f"export {CONSUMER}='one'\n{EMPLOYEE} = \"other\"\n", "production"),
        (f"#{REFRESH}=tlxr_…\n\n{REFRESH}=\n", "sandbox"),
    ],
)
def test_keys_are_found_in_the_env_file_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, expected: str
) -> None:
    for name in (REFRESH, CONSUMER, EMPLOYEE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(run, "ROOT", tmp_path)
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    assert run.chosen_environment() == expected


@pytest.mark.parametrize("name", [CONSUMER, EMPLOYEE])
def test_one_of_two_tokens_is_not_enough(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for other in (REFRESH, CONSUMER, EMPLOYEE):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, "half-a-secret")
    with pytest.raises(SystemExit, match="belong together") as caught:
        run.chosen_environment()
    assert name in str(caught.value)
    assert "half-a-secret" not in str(caught.value)
