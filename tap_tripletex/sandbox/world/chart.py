"""Chart of accounts (after NS 4102), VAT codes and other catalogues of a company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# number, name, usual VAT code, flags: b bank, i inactive, s for supplier invoices
ACCOUNTS = """
1000 Forskning og utvikling 0
1050 Programvare 1 s
1070 Utsatt skattefordel 0
1080 Goodwill 0 i
1200 Maskiner og anlegg 1 s
1230 Biler 1 s
1240 Verktøy 1 s
1250 Inventar 1 s
1270 Verktøy og lignende 1 i
1280 Kontormaskiner 1 s
1290 Andre driftsmidler 1 s
1300 Investeringer i datterselskap 0
1350 Investeringer i aksjer og andeler 0
1390 Andre fordringer, langsiktige 0
1400 Råvarer og innkjøpte halvfabrikata 0
1460 Innkjøpte varer for videresalg 0
1500 Kundefordringer 0 c
1530 Opptjent, ikke fakturert inntekt 0
1570 Andre kortsiktige fordringer 0
1576 Reiseforskudd 0
1580 Avsetning tap på fordringer 0
1700 Forskuddsbetalt leie 0
1710 Forskuddsbetalt rente 0
1740 Forskuddsbetalt forsikring 0
1749 Andre forskuddsbetalte kostnader 0
1900 Kontanter 0
1910 Kasse og kortoppgjør 0
1920 Bankinnskudd 0 b
1930 Bankinnskudd, sparekonto 0 b
1950 Bankinnskudd for skattetrekk 0 b
2000 Aksjekapital 0
2020 Overkurs 0
2030 Annen innskutt egenkapital 0
2050 Annen egenkapital 0
2080 Udekket tap 0
2120 Utsatt skatt 0
2220 Gjeld til kredittinstitusjoner 0
2290 Annen langsiktig gjeld 0 i
2380 Kassekreditt 0
2400 Leverandørgjeld 0 v
2500 Betalbar skatt, ikke utlignet 0
2510 Betalbar skatt, utlignet 0
2600 Forskuddstrekk 0
2610 Påleggstrekk 0
2700 Utgående merverdiavgift, høy sats 0
2701 Utgående merverdiavgift, middels sats 0
2702 Utgående merverdiavgift, lav sats 0
2704 Utgående merverdiavgift, tjenester fra utlandet 0
2710 Inngående merverdiavgift, høy sats 0
2711 Inngående merverdiavgift, middels sats 0
2712 Inngående merverdiavgift, lav sats 0
2714 Inngående merverdiavgift, tjenester fra utlandet 0
2740 Oppgjørskonto merverdiavgift 0
2770 Skyldig arbeidsgiveravgift 0
2780 Påløpt arbeidsgiveravgift 0
2785 Påløpt arbeidsgiveravgift på feriepenger 0
2800 Avsatt utbytte 0
2900 Forskudd fra kunder 0
2930 Skyldig lønn 0
2940 Skyldige feriepenger 0
2950 Påløpt rente 0
2960 Påløpte kostnader 0
2990 Annen kortsiktig gjeld 0
3000 Salgsinntekt, avgiftspliktig 3
3010 Salgsinntekt handelsvarer, høy sats 3
3020 Salgsinntekt tjenester, høy sats 3
3030 Salgsinntekt, middels sats 31
3040 Salgsinntekt, lav sats 32
3100 Salgsinntekt, avgiftsfri 5
3110 Salgsinntekt tjenester, utlandet 52
3200 Salgsinntekt, utenfor avgiftsområdet 6
3600 Leieinntekt, fast eiendom 6
3800 Gevinst ved avgang av anleggsmidler 0
3900 Annen driftsinntekt 3
4000 Innkjøp av råvarer og halvfabrikata 1 s
4300 Innkjøp av varer for videresalg, høy sats 1 s
4330 Innkjøp av varer for videresalg, middels sats 11 s
4360 Frakt, toll og spedisjon 1 s
4390 Beholdningsendring 0
4500 Fremmedytelse og underentreprise 1 s
4600 Annen varekostnad 1 s
5000 Lønn til ansatte 0
5010 Faste tillegg 0 i
5090 Påløpt lønn 0
5180 Påløpte feriepenger 0
5210 Fri telefon 0
5290 Motkonto for gruppe 52 0
5330 Godtgjørelse til styre 0
5400 Arbeidsgiveravgift 0
5405 Arbeidsgiveravgift av feriepenger 0
5420 Innberetningspliktig pensjonskostnad 0
5800 Refusjon av sykepenger 0
5900 Gave til ansatte 0 s
5910 Kantinekostnad 11 s
5950 Yrkesskadeforsikring 0 s
6010 Avskrivning på maskiner og inventar 0
6015 Avskrivning på programvare 0
6300 Leie lokale 1 s
6320 Renovasjon, vann og avløp 1 s
6340 Lys og varme 1 s
6360 Renhold 1 s
6400 Leie maskiner 1 s
6420 Leie datasystemer 1 s
6500 Verktøy og utstyr 1 s
6540 Inventar, ikke balanseført 1 s
6551 Datautstyr 1 s
6553 Programvare, årlig vedlikehold 1 s
6560 Rekvisita 1 s
6700 Revisjonshonorar 1 s
6705 Regnskapshonorar 1 s
6720 Honorar for juridisk bistand 1 s
6790 Annen fremmed tjeneste 1 s
6800 Kontorrekvisita 1 s
6840 Aviser, tidsskrifter og bøker 0 s
6860 Møter, kurs og oppdatering 1 s
6900 Telefon 1 s
6940 Porto 1 s
7000 Drivstoff 1 s
7020 Vedlikehold, transportmidler 1 s
7040 Forsikring, transportmidler 0 s
7140 Reisekostnad, ikke oppgavepliktig 12 s
7160 Diettkostnad, ikke oppgavepliktig 0 s
7320 Reklamekostnad 1 s
7350 Representasjon, fradragsberettiget 0 s
7400 Kontingent, fradragsberettiget 0 s
7500 Forsikringspremie 0 s
7740 Øredifferanser 0
7770 Bank- og kortgebyrer 0
7790 Annen kostnad, fradragsberettiget 1 s
7830 Konstaterte tap på fordringer 0
8050 Annen renteinntekt 0
8060 Valutagevinst 0
8150 Annen rentekostnad 0
8160 Valutatap 0
8300 Betalbar skatt 0
8320 Endring utsatt skatt 0
8800 Årsresultat 0
8960 Overføringer annen egenkapital 0
"""

ACCOUNT_TYPES = (
    (2000, "ASSETS"),
    (2100, "EQUITY"),
    (3000, "LIABILITIES"),
    (4000, "OPERATING_REVENUES"),
    (8000, "OPERATING_EXPENSES"),
    (8100, "INVESTMENT_INCOME"),
    (8300, "COST_OF_CAPITAL"),
    (8400, "TAX_ON_ORDINARY_ACTIVITIES"),
    (8900, "ANNUAL_RESULT"),
    (9000, "TRANSFERS_AND_ALLOCATIONS"),
)

# id, number, percentage, name. Ids and numbers differ, and 0 is a real row (recorded).
VAT_TYPES: tuple[tuple[int, str, float, str], ...] = (
    (0, "0", 0, "Ingen avgiftsbehandling"),
    (1, "1", 25, "Fradrag inngående avgift, høy sats"),
    (3, "3", 25, "Utgående avgift, høy sats"),
    (4, "4", 100.0, "Direktepostert utgående avgift, høy sats"),
    (5, "5", 0.0, "Ingen utgående avgift (innenfor mva-loven)"),
    (6, "6", 0.0, "Ingen utgående avgift (utenfor mva-loven)"),
    (7, "7", 0.0, "Ingen avgiftsbehandling (inntekter)"),
    (11, "11", 15, "Fradrag inngående avgift, middels sats"),
    (12, "13", 12, "Fradrag inngående avgift, lav sats"),
    (13, "21", 0.0, "Grunnlag inngående avgift ved innførsel, høy sats"),
    (14, "22", 0.0, "Grunnlag inngående avgift ved innførsel, middels sats"),
    (23, "14", 100.0, "Fradrag inngående avgift betalt ved innførsel, høy sats"),
    (31, "31", 15, "Utgående avgift, middels sats"),
    (32, "33", 12, "Utgående avgift, lav sats"),
    (34, "86", -25, "Fradrag inngående avgift ved kjøp av tjenester fra utlandet, høy sats"),
    (51, "51", 0.0, "Avgiftsfri innlands omsetning med omvendt avgiftsplikt"),
    (52, "52", 0.0, "Avgiftsfri utførsel av varer og tjenester"),
    (81, "81", -25, "Fradrag inngående avgift ved innførsel, høy sats"),
    (85, "85", 0.0, "Grunnlag, avgiftsfri innførsel"),
    (111, "12", 11.11, "Fradrag inngående avgift, råfisk"),
    (311, "32", 11.11, "Utgående avgift, råfisk"),
)

VOUCHER_TYPES = (
    "Utgående faktura",
    "Leverandørfaktura",
    "Purring",
    "Betaling",
    "Lønnsbilag",
    "Terminoppgave",
    "Mva-melding",
    "Betaling med KID-nummer",
    "Remittering",
    "Bankavstemming",
    "Reiseregning",
    "Ansattutlegg",
    "Åpningsbalanse",
    "Tolldeklarasjon",
    "Pensjon",
    "Refusjon av sykepenger",
    "Øreavrunding",
)

CURRENCIES = (
    (1, "NOK", "Norge", 1),
    (2, "SEK", "Sverige", 100),
    (3, "DKK", "Danmark", 100),
    (4, "USD", "USA", 1),
    (5, "EUR", "EU", 1),
    (6, "GBP", "Storbritannia", 1),
    (7, "CHF", "Sveits", 100),
)

NORWAY = 161
COUNTRIES = (
    (12, "AU", "AUS", "036", "Australia"),
    (20, "BE", "BEL", "056", "Belgia"),
    (38, "CA", "CAN", "124", "Canada"),
    (57, "DK", "DNK", "208", "Danmark"),
    (68, "EE", "EST", "233", "Estland"),
    (72, "FI", "FIN", "246", "Finland"),
    (73, "FR", "FRA", "250", "Frankrike"),
    (75, "FO", "FRO", "234", "Færøyene"),
    (98, "IE", "IRL", "372", "Irland"),
    (99, "IS", "ISL", "352", "Island"),
    (104, "IT", "ITA", "380", "Italia"),
    (121, "LV", "LVA", "428", "Latvia"),
    (126, "LT", "LTU", "440", "Litauen"),
    (151, "NL", "NLD", "528", "Nederland"),
    (NORWAY, "NO", "NOR", "578", "Norge"),
    (173, "PL", "POL", "616", "Polen"),
    (174, "PT", "PRT", "620", "Portugal"),
    (198, "ES", "ESP", "724", "Spania"),
    (201, "GB", "GBR", "826", "Storbritannia"),
    (207, "CH", "CHE", "756", "Sveits"),
    (208, "SE", "SWE", "752", "Sverige"),
    (223, "DE", "DEU", "276", "Tyskland"),
    (229, "US", "USA", "840", "USA"),
    (239, "AT", "AUT", "040", "Østerrike"),
)

# Recorded of one company, plus the modules that open paths of which nothing was recorded.
SALES_MODULES = (
    "WAGE",
    "ELECTRONIC_VOUCHERS",
    "TIME_TRACKING",
    "API_V2",
    "KOMPLETT",
    "ELECTRO",
    "FIXED_ASSETS_REGISTER",
    "LOGISTICS",
    "PRO",
    "PROJECT",
    "UP_TO_500_VOUCHERS",
)


def accounts() -> Iterator[dict[str, Any]]:
    """Yield the accounts without their ids."""
    for line in ACCOUNTS.strip().splitlines():
        text, flags = line, ""
        number, _, rest = text.partition(" ")
        name, _, tail = rest.rpartition(" ")
        if not tail.isdigit():
            flags = tail
            name, _, tail = name.rpartition(" ")
        vat = int(tail)
        value = int(number)
        yield {
            "number": value,
            "numberPretty": number,
            "name": name,
            "displayName": f"{number} {name}",
            "type": next(kind for limit, kind in ACCOUNT_TYPES if value < limit),
            "ledgerType": {"c": "CUSTOMER", "v": "VENDOR"}.get(flags, "GENERAL"),
            "legalVatTypes": (0,) if vat == 0 else (0, vat),
            "vatType": vat,
            "vatLocked": vat == 0,
            "balanceGroup": "Ikke i en saldogruppe.",
            "isCloseable": flags in {"c", "v"},
            "isApplicableForSupplierInvoice": flags == "s",
            "requireReconciliation": flags == "b",
            "isInactive": flags == "i",
            "isBankAccount": flags == "b",
            "isInvoiceAccount": value == 1920,  # noqa: PLR2004
            "bankAccountNumber": "12345678903" if value == 1920 else "",  # noqa: PLR2004
            "bankAccountCountry": NORWAY if flags == "b" else None,
            "saftCode": number[:2],
            "groupingCode": number,
            "isPostingsExist": True,
        }
