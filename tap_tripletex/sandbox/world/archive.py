"""Filed documents, and subscriptions to events with the secrets that belong to them."""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import TYPE_CHECKING

from tap_tripletex.sandbox.tables.days import is_working_day

if TYPE_CHECKING:
    from tap_tripletex.sandbox.world.context import Context
    from tap_tripletex.sandbox.world.registers import Registers

KINDS = {
    "Account": "Kontoutskrift",
    "Customer": "Kontrakt",
    "Employee": "Arbeidsavtale",
    "Product": "Produktblad",
    "Project": "Tilbud",
    "Supplier": "Rammeavtale",
}
"""What documents can be filed under, and what they are called there."""


class Archive:
    """Files documents under the rows that they are about."""

    def __init__(self, context: Context, registers: Registers) -> None:
        """File one document under the first row of each kind, and subscribe to events."""
        self.context = context
        self.registers = registers
        self.company = context.company
        for kind in KINDS:
            self._file(kind, next(iter(self.company.table(kind).rows)))
        self._subscribe("project.create", "id,name,number,isClosed", "ACTIVE")
        self._subscribe("voucher.create", "*,postings(*)", "DISABLED_TOO_MANY_ERRORS")

    def daily(self) -> None:
        """Now and then file a document."""
        context = self.context
        if is_working_day(context.day) and context.chance(0.06):
            kind = context.random.choice(tuple(KINDS))
            parents = tuple(self.company.table(kind).rows)
            if parents:
                self._file(kind, context.random.choice(parents))

    def _file(self, kind: str, parent: int) -> None:
        identity = self.context.ids.next("DocumentArchive")
        day = self.context.day.isoformat()
        self.registers.add(
            "DocumentArchive",
            id=identity,
            fileName=f"{KINDS[kind]} {day}.pdf",
            size=20_000 + identity % 977 * 311,
            archiveDate=day,
            mimeType="application/pdf",
            _filed_under=(kind, parent),
        )

    def _subscribe(self, event: str, fields: str, status: str) -> None:
        """Subscribe; header value, signing secret and URL hold secrets of their own."""
        key = f"{self.context.seed}/{self.company.index}/{event}"
        secrets = [sha256(f"{key}/{i}".encode()).digest() for i in range(3)]
        self.registers.add(
            "Subscription",
            event=event,
            # Official document: the URL may carry authentication tokens.
            targetUrl=f"https://tripletex:{secrets[2].hex()[:20]}@hooks.invalid/{event}",
            fields=fields,
            status=status,
            authHeaderName="X-Hook-Key",
            authHeaderValue=secrets[0].hex(),
            hmacSharedSecret=base64.b64encode(secrets[1]).decode(),
        )
