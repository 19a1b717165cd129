from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tap_tripletex.sandbox import Fault
from tests.sandbox.conftest import Api

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_tripletex.sandbox import Sandbox
    from tap_tripletex.sandbox.server.faults import Kind


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("rate_limited", 429, b"Too Many Requests"),
        ("server_error_html", 500, b"Feilsituasjon - Tripletex"),
        ("bad_gateway_html", 502, b"nginx"),
        ("server_error_json", 500, b'"code":1000'),
        ("forbidden", 403, b'"code":9000'),
        ("not_found", 404, b'"code":6000'),
        ("not_found_html", 404, b"nginx"),
        ("null_list", 200, b'{"values":null}'),
        ("empty_204", 204, b""),
    ],
)
def test_failures(fresh: Sandbox, kind: Kind, status: int, text: bytes) -> None:
    api = Api(fresh)
    fresh.faults.append(Fault(kind, path="/customer", after=1, times=2))
    found = [api.send("/customer", count=1) for _ in range(4)]
    assert [answer.status for answer in found] == [200, status, status, 200]
    assert text in found[1].body
    assert api.send("/supplier").status == 200


def test_a_429_may_lack_the_reset(fresh: Sandbox) -> None:
    api = Api(fresh)
    fresh.faults.append(Fault("rate_limited"))
    fresh.faults.append(Fault("rate_limited", after=1, reset=False))
    assert "X-Rate-Limit-Reset" in api.send("/customer").headers
    assert "X-Rate-Limit-Reset" not in api.send("/customer").headers


def test_expired_sessions(fresh: Sandbox) -> None:
    api = Api(fresh)
    fresh.faults.append(Fault("expire_session"))
    assert api.send("/customer").status == 401
    assert Api(fresh).send("/customer").status == 200


def test_login_can_fail_too(fresh: Sandbox) -> None:
    fresh.faults.append(Fault("bad_gateway_html", path="/token", method="POST"))
    assert fresh.handle("POST", "/v2/token/session/:create", {}, b"{}").status == 502
    Api(fresh)


def test_spoilt_bodies(fresh: Sandbox) -> None:
    api = Api(fresh)
    right = api.send("/product").body
    for fault, check in (
        (Fault("truncated"), lambda body: body == right[: len(right) // 2]),
        (Fault("unknown_field", field="brandNew", value=3), lambda body: b'"brandNew":3' in body),
        (Fault("null_field", field="name"), lambda body: b'"name":null' in body),
    ):
        fresh.faults.append(fault)
        assert check(api.send("/product").body)
        assert fault.fired == 1
    assert api.send("/product").body == right


def test_a_wrong_amount(fresh: Sandbox) -> None:
    api = Api(fresh)
    window = {"dateFrom": "2026-05-01", "dateTo": "2026-06-01", "fields": "id,amount"}
    right = api.values("/ledger/posting", **window)
    fresh.faults.append(Fault("wrong_amount", path="/ledger/posting", row=2))
    wrong = api.values("/ledger/posting", **window)
    assert [r["id"] for r, w in zip(right, wrong, strict=True) if r != w] == [right[2]["id"]]
    assert wrong[2]["amount"] == round(right[2]["amount"] + 1, 2)


def test_a_refused_field(fresh: Sandbox) -> None:
    api = Api(fresh)
    fresh.faults.append(Fault("refuse_field", path="/product", field="costPrice", times=None))
    status, code, body = api.error("/product", fields="id,costPrice")
    assert (status, code) == (400, 11000)
    assert body["message"].startswith("Illegal field in fields filter: costPrice.")
    assert api.send("/product", fields="id,name").status == 200


def test_faults_are_aimed(build: Callable[..., Sandbox]) -> None:
    sandbox = build(companies=2)
    api = Api(sandbox)
    window: dict[str, Any] = {"dateFrom": "2026-05-01", "dateTo": "2026-06-01"}
    april = {**window, "dateFrom": "2026-04-01"}
    fault = Fault("forbidden", path="^/ledger/posting$", query="dateFrom=2026-04", times=None)
    sandbox.faults.append(fault)
    assert api.send("/ledger/posting", **window).status == 200
    assert api.send("/ledger/postingByDate", **april).status == 200
    assert api.send("/ledger/posting", **april).status == 403
    sandbox.faults[:] = [Fault("forbidden", company=sandbox.companies[1].id, times=None)]
    assert api.send("/customer").status == 200
    sandbox.faults[:] = [Fault("forbidden", company=sandbox.companies[0].id, times=None)]
    assert api.send("/customer").status == 403


def test_faults_can_be_read_from_json() -> None:
    fault = msgspec.json.decode(b'{"kind":"cut","path":"/x","times":null}', type=Fault)
    assert fault == Fault("cut", path="/x", times=None)
