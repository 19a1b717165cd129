"""A company that lives, and changes to it between two runs of a tap, as the API shows them."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from tap_tripletex.sandbox.tables.company import Company
from tap_tripletex.sandbox.tables.rows import STRUCTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tap_tripletex.sandbox.tables.rows import Posting, Voucher
    from tap_tripletex.sandbox.world.books import Line
    from tap_tripletex.sandbox.world.simulation import Simulation

F = TypeVar("F", bound="Callable[..., Any]")

AMOUNTS = ("amount", "amountCurrency", "amountGross", "amountGrossCurrency")


def _alone(method: F) -> F:
    """Let a method change a company while no request is being answered."""

    @wraps(method)
    def wrapped(self: LivingCompany, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        with self.lock:
            return method(self, *args, **kwargs)

    return cast("F", wrapped)


class LivingCompany(Company):
    """Edits, deletions and late vouchers. Each raises `version`, and moves digests.

    Attributes:
        simulation: Lives the company's days; None until the world has begun.
    """

    simulation: Simulation | None = None

    @_alone
    def edit(self, entity: str, identity: int, **values: Any) -> None:  # noqa: ANN401
        """Set properties of a row: ids for references, øre for money.

        Raises:
            KeyError: There is no such row or property.
        """
        self.table(entity).change(identity, values, self.now())
        self._touch_parents(entity, identity)
        self.version += 1

    @_alone
    def add(self, entity: str, **values: Any) -> int:  # noqa: ANN401 - any JSON value
        """Add a row and return its id, which is chosen unless given.

        Raises:
            KeyError: The entity lacks a property.
            ValueError: It is a voucher or posting, which `post_voucher` makes.
        """
        if entity in STRUCTS:
            message = "post_voucher() makes vouchers and postings"
            raise ValueError(message)
        table = self.table(entity)
        for name in values:
            if name not in table.entity.properties:
                raise KeyError(name)
        identity = values.pop("id", None) or max(table.rows, default=self.id) + 1
        table.add({"id": identity, "version": 0, "_created": self.now(), **values})
        self._touch_parents(entity, identity)
        self.version += 1
        return int(identity)

    @_alone
    def delete(self, entity: str, identity: int) -> None:
        """Remove a row for good: the API shows a deletion only by absence.

        A voucher takes its postings along, as `delete_voucher` does.

        Raises:
            KeyError: There is no such row.
            ValueError: It is a posting, which cannot go without its voucher.
        """
        if entity == "Posting":
            message = "delete_voucher() deletes postings, together with their voucher"
            raise ValueError(message)
        if entity == "Voucher":
            self.delete_voucher(identity)
            return
        self._touch_parents(entity, identity)
        self.table(entity).remove(identity)
        if self.simulation:
            self.simulation.forget(identity)
        self.version += 1

    @_alone
    def edit_voucher(self, identity: int, **values: Any) -> None:  # noqa: ANN401
        """Set properties of a voucher. Use `move_voucher` to change its date.

        Raises:
            KeyError: There is no such voucher or property.
            ValueError: The date was among the properties.
        """
        if "date" in values:
            message = "move_voucher() changes a voucher's date, together with its postings'"
            raise ValueError(message)
        self.edit("Voucher", identity, **values)

    @_alone
    def edit_posting(self, identity: int, **values: Any) -> None:  # noqa: ANN401
        """Set properties of a posting; amounts in øre.

        A new `amount` also sets the gross and currency amounts, and the voucher's last other
        posting takes the difference, so that the voucher still sums to zero.

        Raises:
            KeyError: There is no such posting or property.
            ValueError: The date was among the properties, or there is no other posting.
        """
        if "date" in values:
            message = "move_voucher() changes a posting's date, together with its voucher's"
            raise ValueError(message)
        postings = self.table("Posting")
        posting = cast("Posting", postings.rows[identity])
        if "amount" in values:
            difference = values["amount"] - posting.amount
            voucher = cast("Voucher", self.table("Voucher").rows[posting.voucher])
            others = [i for i in voucher.postings if i != identity]
            if not others:
                message = f"posting {identity} is alone in its voucher"
                raise ValueError(message)
            values = {**_shifted(posting, difference), **values}
            other = cast("Posting", postings.rows[others[-1]])
            self.edit("Posting", others[-1], **_shifted(other, -difference))
        self.edit("Posting", identity, **values)

    @_alone
    def move_voucher(self, identity: int, new_date: str) -> None:
        """Give a voucher and its postings another date; a new year gives a new number.

        Raises:
            KeyError: There is no such voucher.
        """
        voucher = cast("Voucher", self.table("Voucher").rows[identity])
        values: dict[str, Any] = {"date": new_date}
        year = int(new_date[:4])
        if year != voucher.year:
            values |= {"year": year, "number": self._world().books.next_number(year)}
        for posting in voucher.postings:
            self.table("Posting").change(posting, {"date": new_date}, self.now())
        self.edit("Voucher", identity, **values)

    @_alone
    def post_voucher(
        self,
        date: str,
        lines: Iterable[tuple[int, int] | Line],
        description: str = "",
    ) -> int:
        """Book a voucher and return its id.

        Args:
            date: Its date; any, also before the last closed period.
            lines: Account number and amount in øre, as pairs or as `Line`s.
            description: Its text.

        Raises:
            KeyError: The chart has no such account.
            ValueError: The amounts do not sum to zero.
        """
        books = self._world().books
        voucher = books.post(date, [books.line(line) for line in lines], description, self.now())
        self.version += 1
        return voucher.id

    def back_date(
        self,
        date: str,
        lines: Sequence[tuple[int, int]] | None = None,
        description: str = "Etterregistrert bilag",
    ) -> int:
        """Book a voucher now with a date in the past and return its id.

        Without lines it is an office expense of 1,234.50 kroner paid from the bank.
        """
        return self.post_voucher(date, lines or [(6800, 123450), (1920, -123450)], description)

    @_alone
    def delete_voucher(self, identity: int) -> None:
        """Remove a voucher with its postings and the invoice it booked, if any.

        Postings that were closed against its own are open again.

        Raises:
            KeyError: There is no such voucher.
        """
        if identity in self.inbox.rows:
            self.inbox.remove(identity)
            self.version += 1
            return
        voucher = cast("Voucher", self.table("Voucher").remove(identity))
        postings = self.table("Posting")
        for posting in voucher.postings:
            if posting in postings.rows:
                self._reopen(cast("Posting", postings.remove(posting)))
        for entity in ("Invoice", "SupplierInvoice"):
            table = self.table(entity)
            for row in [row for row in table if row.get("voucher") == identity]:
                table.remove(row["id"])
        self.version += 1

    def _reopen(self, posting: Posting) -> None:
        """Dissolve a deleted posting's close group: what it closed is open again."""
        stamp = self.now()
        groups = self.table("CloseGroup")
        group = groups.rows.get(posting.closeGroup or 0)
        if group is None:
            return
        groups.remove(group["id"])
        for other in group["postings"]:
            if other in self.table("Posting").rows:
                self.table("Posting").change(other, {"closeGroup": None}, stamp)
                self._touch_parents("Posting", other)

    def _touch_parents(self, entity: str, identity: int) -> None:
        """Move the digest of rows that hold this one in a list, as the API's checksum does."""
        table = self.table(entity)
        row = table.rows[identity]
        for prop in table.entity.properties.values():
            if not prop.entity or prop.many:
                continue
            parent = self.model.entities.get(prop.entity)
            lists = parent.properties.values() if parent else ()
            holds = any(p.many and p.entity == entity for p in lists)
            if holds and (owner := table.value(row, prop.name)) is not None:
                self.table(prop.entity).touch(owner)

    def _world(self) -> Simulation:
        if self.simulation is None:
            message = "this company has no simulated world"
            raise ValueError(message)
        return self.simulation


def _shifted(posting: Posting, difference: int) -> dict[str, Any]:
    return {name: getattr(posting, name) + difference for name in AMOUNTS}
