from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_tripletex.sandbox import CONSUMER_TOKEN, EMPLOYEE_TOKEN, Fault

if TYPE_CHECKING:
    from tests.e2e.conftest import Project

DEBUG = {"TAP_TRIPLETEX_LOGLEVEL": "DEBUG"}


def test_no_token_session_or_password_at_debug_level(project: Project) -> None:
    sandbox = project.sandbox
    sandbox.faults += [
        Fault("expire_session", "/ledger/posting", after=2),
        Fault("cut", "/customer", times=2),
        Fault("server_error_html", "/supplier", times=1),
    ]
    sessions: list[str] = []
    create = sandbox.sessions.create

    def remember(*arguments: Any) -> tuple[str, int]:
        made = create(*arguments)
        sessions.append(made[0])
        return made

    sandbox.sessions.create = remember  # type: ignore[method-assign]
    project.environment["TARGET_JSONL_PASSWORD"] = "loader-password"
    result = project.run("target-jsonl", "--log-level=debug", **DEBUG)
    assert "/token/session/[hidden]" in result.output
    assert len(sessions) >= 2
    for secret in (CONSUMER_TOKEN, EMPLOYEE_TOKEN, *sessions):
        assert secret not in result.output
        for path in project.folder.rglob("*"):
            assert path.is_dir() or secret.encode() not in path.read_bytes(), path


def test_a_wrong_token_is_one_sentence_and_exit_code_1(project: Project) -> None:
    wrong = {"TAP_TRIPLETEX_EMPLOYEE_TOKEN": "wrong-employee-token"}
    result = project.run("target-jsonl", code=1, **DEBUG, **wrong)
    said = [line for line in result.output.splitlines() if "does not accept the tokens" in line]
    assert len(said) == 1
    assert "Traceback" not in result.output
    assert "wrong-employee-token" not in result.output
    assert CONSUMER_TOKEN not in result.output
