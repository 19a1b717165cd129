"""The dbt project agrees with the tap, and with itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tap_tripletex.rows.decimals import AMOUNT, QUANTITY, decimals

ROOT = Path(__file__).parents[1]
MARTS = ROOT / "transform" / "models" / "marts"


def described() -> dict[str, Any]:
    models = yaml.safe_load((MARTS / "_marts.yml").read_text())["models"]
    return {model["name"]: model for model in models}


def test_the_staging_models_are_current() -> None:
    script = ROOT / "scripts" / "generate_staging.py"
    done = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_every_mart_is_described_with_all_its_columns() -> None:
    models = described()
    assert set(models) == {path.stem for path in MARTS.glob("*.sql")}
    for name, model in models.items():
        assert model["description"], name
        assert all(column["description"] for column in model["columns"]), name
        assert "company_id" in [column["name"] for column in model["columns"]], name


def test_numbers_are_amounts_by_their_names() -> None:
    for name in ("amount", "balance_out", "amount_gross_currency", "outstanding_amount"):
        assert decimals(name) == AMOUNT, name
    for name in ("rate", "hours", "quantity_amount1", "unit_price_excluding_vat_currency"):
        assert decimals(name) == QUANTITY, name
