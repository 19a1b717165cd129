"""What the engines' files hold that must not be lost, and what their common script does."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.test_workflows import PINNED

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "orchestration"
OPENED = {"NORTH": [11, 12], "SOUTH": [21]}
RECORDER = """#!{python}
import json, os, sys
with open(os.environ["STARTED"], "a") as file:
    print(json.dumps([sys.argv[1:], dict(os.environ), sys.stdin.read() or None]), file=file)
print('{{"type": "SCHEMA"}}')
sys.exit(int(os.environ.get("EXIT", "0")))
"""


class Project:
    """The script in a project of its own, with a Meltano that tells how it was started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started = folder / "started"
        (folder / "orchestration").mkdir()
        shutil.copy(FOLDER / "read.py", folder / "orchestration")
        (folder / "orchestration" / "companies.json").write_text(json.dumps(OPENED))
        for kind in ("extractors", "loaders"):
            (folder / ".meltano" / kind / "installed").mkdir(parents=True)
        meltano = folder / ".venv" / "bin" / "meltano"
        meltano.parent.mkdir(parents=True)
        meltano.write_text(RECORDER.format(python=sys.executable))
        meltano.chmod(0o755)

    def read(self, *arguments: str, **environment: str) -> int:
        return subprocess.run(
            [sys.executable, str(self.folder / "orchestration" / "read.py"), *arguments],
            env={
                "PATH": os.environ["PATH"],
                "STARTED": str(self.started),
                "NORTH": "a-token-of-north",
                "SOUTH": "tlxr_key-of-south",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=False,
            timeout=30,
        ).returncode

    def starts(self) -> list[tuple[list[str], dict[str, str], str | None]]:
        return [tuple(json.loads(line)) for line in self.started.read_text().splitlines()]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


RUN = ["run", "--no-install", "tap-tripletex", "target-postgres"]


def test_one_company_is_read_with_a_folder_and_a_state_of_its_own(project: Project) -> None:
    assert project.read("NORTH", "12") == 0
    ((arguments, environment, _),) = project.starts()
    assert arguments == RUN
    assert environment["TAP_TRIPLETEX_COMPANY_IDS"] == "12"
    assert environment["TAP_TRIPLETEX_EMPLOYEE_TOKEN"] == "a-token-of-north"
    assert environment["MELTANO_RUN_STATE_ID_SUFFIX"] == "12"
    assert environment["MELTANO_ENVIRONMENT"] == "production"
    folder = Path(environment["MELTANO_SYS_DIR_ROOT"])
    assert folder.name == "12"
    assert (folder / "extractors" / "installed").is_dir()
    assert (folder / "loaders" / "installed").is_dir()


@pytest.mark.parametrize("token", ["NORTH", "0"])
def test_all_companies_of_a_token_are_read_in_one_run(project: Project, token: str) -> None:
    assert project.read(token) == 0
    ((arguments, environment, _),) = project.starts()
    assert arguments == RUN
    assert environment["TAP_TRIPLETEX_COMPANY_IDS"] == "11,12"
    assert environment["MELTANO_RUN_STATE_ID_SUFFIX"] == "NORTH"


def test_no_two_runs_share_what_meltano_writes(project: Project) -> None:
    for arguments in (["NORTH", "11"], ["NORTH", "12"], ["NORTH"], ["SOUTH"], ["tables"]):
        assert project.read(*arguments) == 0
    starts = [environment for arguments, environment, _ in project.starts() if arguments == RUN]
    assert len({environment["MELTANO_SYS_DIR_ROOT"] for environment in starts}) == 4
    assert len({environment["MELTANO_RUN_STATE_ID_SUFFIX"] for environment in starts}) == 4


def test_a_run_knows_no_token_but_its_own(project: Project) -> None:
    assert project.read("NORTH", "11") == project.read("tables") == 0
    (_, reading, _), *tables = project.starts()
    assert "tlxr_key-of-south" not in reading.values()
    assert not {"NORTH", "SOUTH"} & set(reading)
    for _, environment, _ in tables:
        assert not {"a-token-of-north", "tlxr_key-of-south"} & set(environment.values())


def test_a_company_key_goes_where_it_belongs(project: Project) -> None:
    assert project.read("SOUTH", "21") == 0
    ((_, environment, _),) = project.starts()
    assert environment["TAP_TRIPLETEX_REFRESH_TOKEN"] == "tlxr_key-of-south"
    assert "TAP_TRIPLETEX_EMPLOYEE_TOKEN" not in environment


def test_tables_are_made_of_what_the_tap_says(project: Project) -> None:
    assert project.read("tables", TRIPLETEX_LOADER="target-duckdb") == 0
    (told, _, _), (made, _, given) = project.starts()
    assert told == ["invoke", "tap-tripletex", "--test=schema"]
    assert (made, given) == (["invoke", "target-duckdb"], '{"type": "SCHEMA"}\n')


@pytest.mark.parametrize("arguments", [["NORTH", "11"], ["tables"]])
def test_what_failed_is_told_by_the_exit_code(project: Project, arguments: list[str]) -> None:
    assert project.read(*arguments, EXIT="1") == 1


@pytest.mark.parametrize("arguments", [[], ["NORTH", "11", "12"], ["EAST"], ["NORTH", "21"]])
def test_what_is_not_in_the_list_is_not_read(project: Project, arguments: list[str]) -> None:
    assert project.read(*arguments) != 0
    assert not project.started.exists()


def calls(file: str, name: str) -> list[dict[str, str]]:
    """Return the keyword arguments of all calls of what is named so, as they are written."""
    tree = ast.parse((FOLDER / file).read_text(encoding="utf-8"))
    return [
        {str(keyword.arg): ast.unparse(keyword.value) for keyword in call.keywords}
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == name
    ]


def documents(file: str) -> Any:
    return yaml.safe_load((FOLDER / file).read_text(encoding="utf-8"))


def tokens() -> list[str]:
    return [*json.loads((FOLDER / "companies.json").read_text(encoding="utf-8"))]


LONGER_THAN_MELTANO_WAITS = 300


def test_airflow_has_a_pool_for_each_token_and_a_task_for_each_company() -> None:
    file = "airflow/tripletex.py"
    assert calls(file, "override") == [{"task_id": "token.lower()", "pool": "token"}]
    assert calls(file, "partial") == [{"token": "token"}]
    assert calls(file, "expand") == [{"company": "companies"}]
    (dag,) = calls(file, "dag")
    assert dag["max_active_runs"] == "1"
    minutes = re.search(r"'retry_delay': timedelta\(minutes=(\d+)\)", dag["default_args"])
    assert minutes
    assert int(minutes[1]) * 60 > LONGER_THAN_MELTANO_WAITS
    assert "'retries': 3" in dag["default_args"]
    assert "made >> reading" in (FOLDER / file).read_text(encoding="utf-8")


def test_dagster_runs_one_company_of_a_token_at_a_time() -> None:
    file = "dagster/definitions.py"
    (tag,) = (
        ast.literal_eval(node.value)
        for node in ast.parse((FOLDER / file).read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TOKEN"
    )
    assert documents("dagster/dagster.yaml")["concurrency"]["runs"]["tag_concurrency_limits"] == [
        {"key": tag, "value": {"applyLimitPerUniqueValue": True}, "limit": 1}
    ]
    (request,) = calls(file, "RunRequest")
    assert request["tags"] == "{TOKEN: token}"
    assert request["partition_key"] == "company"
    (policy,) = calls(file, "RetryPolicy")
    assert int(policy["delay"]) > LONGER_THAN_MELTANO_WAITS


@pytest.mark.parametrize("file", ["airflow/tripletex.py", "dagster/definitions.py"])
def test_a_killed_worker_takes_its_meltano_with_it(file: str) -> None:
    text = (FOLDER / file).read_text(encoding="utf-8")
    assert '"setpriv", "--pdeathsig", "TERM", "python3"' in text


def test_nothing_stands_between_a_killed_worker_and_its_meltano() -> None:
    text = (FOLDER / "airflow" / "tripletex.py").read_text(encoding="utf-8")
    assert "prctl(PR_SET_PDEATHSIG, signal.SIGKILL)" in text
    for job in calls("dagster/definitions.py", "define_asset_job"):
        assert job["executor_def"] == "one"
    text = (FOLDER / "dagster" / "definitions.py").read_text(encoding="utf-8")
    assert "one = dg.in_process_executor" in text


def test_kubernetes_never_runs_two_nights_at_once() -> None:
    job = documents("kubernetes/cronjob.yml")["spec"]
    assert job["concurrencyPolicy"] == "Forbid"
    reading = job["jobTemplate"]["spec"]
    assert reading["completionMode"] == "Indexed"
    assert reading["completions"] == len(tokens())
    waits = sum(10 * 2**retry for retry in range(reading["backoffLimitPerIndex"]))
    assert waits > LONGER_THAN_MELTANO_WAITS
    (container,) = reading["template"]["spec"]["containers"]
    assert container["args"] == ["$(TOKEN_NUMBER)"]


@pytest.mark.parametrize("file", ["kubernetes/cronjob.yml", "kubernetes/tables.yml"])
def test_kubernetes_gives_a_pod_no_rights(file: str) -> None:
    spec = documents(file)["spec"]
    pod = (spec["jobTemplate"]["spec"] if "jobTemplate" in spec else spec)["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    (container,) = pod["containers"]
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_compose_makes_the_tables_first_and_gives_each_token_to_its_container() -> None:
    services = documents("docker/compose.yml")["services"]
    assert services.pop("tables")["command"] == ["tables"]
    assert [service["command"] for service in services.values()] == [[name] for name in tokens()]
    for service in services.values():
        assert service["depends_on"]["tables"]["condition"] == "service_completed_successfully"
        assert {*service["environment"]} & {*tokens()} == {*service["command"]}


def test_the_image_is_given_what_it_is_made_of_and_no_more() -> None:
    lines = (FOLDER / "docker" / "Dockerfile.dockerignore").read_text().splitlines()
    assert lines[0] == "*"
    given = [line.removeprefix("!") for line in lines if line.startswith("!")]
    assert [name for name in given if not list(ROOT.glob(name))] == []


def test_github_reads_each_token_in_a_job_that_sees_no_other() -> None:
    workflow = documents("github/books.yml")
    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["cancel-in-progress"] is False
    tables, reading, tell = (workflow["jobs"][name] for name in ("tables", "read", "tell"))
    assert reading["needs"] == "tables"
    assert reading["strategy"]["fail-fast"] is False
    assert reading["environment"] == "${{ matrix.token }}"
    step = next(step for step in reading["steps"] if step.get("name") == "Read")
    assert step["env"]["KEY"] == "${{ secrets.KEY }}"
    assert step["env"]["MELTANO_STATE_BACKEND_URI"] == "${{ vars.STATE }}"
    assert "secrets" not in json.dumps(tell)
    assert [job["permissions"] for job in (tables, reading, tell)] == [
        {"contents": "read"},
        {"contents": "read", "id-token": "write"},
        {"issues": "write"},
    ]


@pytest.mark.skipif(shutil.which("jq") is None, reason="GitHub's machines have jq")
def test_github_lists_the_tokens_and_refuses_more_than_a_matrix_takes(tmp_path: Path) -> None:
    steps = documents("github/books.yml")["jobs"]["tables"]["steps"]
    script = next(step["run"] for step in steps if step.get("id") == "tokens")

    def listed(count: int) -> tuple[int, str]:
        companies, output = tmp_path / "companies.json", tmp_path / "output"
        companies.write_text(json.dumps({f"TOKEN_{number}": [] for number in range(count)}))
        output.write_text("")
        environment = {"TRIPLETEX_COMPANIES": str(companies), "GITHUB_OUTPUT": str(output)}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],  # noqa: S607
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            check=False,
        )
        return done.returncode, output.read_text()

    assert listed(2) == (0, 'tokens=["TOKEN_0","TOKEN_1"]\n')
    assert listed(256)[0] == 0
    assert listed(257)[0] != 0


def test_githubs_actions_are_pinned_as_the_repositorys_own() -> None:
    text = (FOLDER / "github" / "books.yml").read_text(encoding="utf-8")
    used = re.findall(r"uses: *(.+)", text)
    assert [action for action in used if not PINNED.match(action)] == []
    scripts = [
        step.get("run", "")
        for job in documents("github/books.yml")["jobs"].values()
        for step in job["steps"]
    ]
    assert [script for script in scripts if "${{" in script] == []
    assert text.count("persist-credentials: false") == text.count("actions/checkout@")


def test_no_secret_is_in_the_list_of_companies() -> None:
    for token, companies in json.loads((FOLDER / "companies.json").read_text()).items():
        assert re.fullmatch(r"[A-Z][A-Z0-9_]*", token)
        assert companies == [company for company in companies if isinstance(company, int)]
