"""What is in the catalog only where the setting ``include`` names its group.

Meltano selects whatever a catalog has, unless a project says otherwise: what must not be read by
accident cannot be in the catalog at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Json = dict[str, Any]

GROUPS = {
    "identity": "identity numbers, birth, private address and phone, next of kin, absence",
    "bank_accounts": "bank accounts of employees, customers and suppliers",
    "pay": "wages, payslips, and what an hour of an employee costs",
    "heavy": "what takes a request for each product, project, employee, order or wholesaler, long "
    "catalogues, and created_at and updated_at, which Tripletex is slow to give",
}
"""The groups, in words."""


def included(
    columns: Mapping[str, Json], groups: Collection[str], always: Collection[str] = ()
) -> Json:
    """Return the columns, and those inside them, without the groups that are not included.

    Args:
        columns: packaged columns, by name; ``include`` of a column is its group.
        groups: that are included.
        always: names of columns that a stream cannot do without.
    """
    return {
        name: _inside(column, groups)
        for name, column in columns.items()
        if column.get("include") in (None, *groups) or name in always
    }


def _inside(column: Json, groups: Collection[str]) -> Json:
    if "properties" in column:
        return {**column, "properties": included(column["properties"], groups)}
    if "items" in column:
        return {**column, "items": _inside(column["items"], groups)}
    return column
