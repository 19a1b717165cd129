"""Lists to choose from that people, wages and travel refer to, as tables of text.

Ids, codes and names that were recorded are kept (employment types 1 and 2, leaves 800 and 801,
occupation codes, salary types, cost categories); the rest follows the codes of the Norwegian
a-melding or is invented. Rates of travel are invented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# last word of the path, or value of `type` | id | constant | code | name
EMPLOYMENT_TYPES = """
employmentType | 1 | ORDINARY | ordinaertArbeidsforhold | Ordinært arbeidsforhold
employmentType | 2 | MARITIME | maritimtArbeidsforhold | Maritimt arbeidsforhold
employmentType | 3 | FREELANCE | frilanserOppdragstaker | Frilanser eller honorar
employmentFormType | 100 | | fast | Fast ansettelse
employmentFormType | 101 | | midlertidig | Midlertidig ansettelse
employmentFormType | 102 | | fastUtleid | Fast ansatt og leid ut
salaryType | 200 | | fastloenn | Fastlønn
salaryType | 201 | | timeloenn | Timelønn
salaryType | 202 | | provisjon | Provisjon
scheduleType | 300 | | ikkeSkift | Ikke skift
scheduleType | 301 | | doegnkontinuerlig | Døgnkontinuerlig skift
employmentEndReasonType | 400 | | kontraktUtloept | Engasjement utløpt
employmentEndReasonType | 401 | | arbeidstakerSagtOpp | Arbeidstaker har sagt opp
employmentEndReasonType | 402 | | arbeidsgiverSagtOpp | Arbeidsgiver har sagt opp
SHIP_REGISTER | 500 | | nis | Norsk internasjonalt skipsregister
SHIP_REGISTER | 501 | | nor | Norsk ordinært skipsregister
SHIP_TYPE | 510 | | annet | Annet skip
SHIP_TYPE | 511 | | turist | Turistskip
TRADE_AREA | 520 | | innenriks | Innenriks fart
TRADE_AREA | 521 | | utenriks | Utenriks fart
"""

# entity | id | constant | code | name
KINDS = """
LeaveOfAbsenceType | 800 | LEAVE_OF_ABSENCE | permisjon | Permisjon
LeaveOfAbsenceType | 801 | FURLOUGH | permittering | Permittering
LeaveOfAbsenceType | 802 | PARENTAL_BENEFITS | foreldrepenger | Permisjon med foreldrepenger
LeaveOfAbsenceType | 803 | MILITARY_SERVICE | vernetjeneste | Permisjon ved militærtjeneste
LeaveOfAbsenceType | 804 | EDUCATIONAL | utdanning | Utdanningspermisjon
RemunerationType | 600 | MONTHLY_WAGE | fastloenn | Fastlønn
RemunerationType | 601 | HOURLY_WAGE | timeloenn | Timelønn
RemunerationType | 602 | FEE | honorar | Honorar
WorkingHoursScheme | 700 | NOT_SHIFT | ikkeSkift | Ikke skift
WorkingHoursScheme | 701 | SHIFT_365 | skift365 | Skiftarbeid, 36,5 timer
WorkingHoursScheme | 702 | CONTINUOUS | doegnkontinuerlig | Døgnkontinuerlig skift
"""

# id | code | name
OCCUPATIONS = """
1 | 1142109 | 1.NESTLEDER (ARBEIDSGIVER-/ARBEIDSTAKERORG.)
2 | 1142110 | 2.NESTLEDER (ARBEIDSGIVER-/ARBEIDSTAKERORG.)
3 | 5223102 | ABONNEMENTSELGER
4 | 1233101 | ABONNEMENTSJEF
5 | 3415111 | ACCOUNT MANAGER
12 | 3431106 | ADMINISTRASJONSKONSULENT
2503 | 3416102 | INNKJØPER
3552 | 3419103 | MARKEDSFØRINGSKONSULENT
7117 | 3416115 | KATEGORISJEF (INNKJØPER)
"""

# id | number | name | county | zone of employer's duty; without a zone it is no more
MUNICIPALITIES = """
1 | 5016 | Agdenes | Trøndelag |
3 | 5601/5403 | Alta | Troms og Finnmark | 5
5 | 0719 | Andebu | Vestfold |
23 | 4601 | Bergen | Vestland | 1
26 | 1804 | Bodø | Nordland | 4
141 | 3403 | Hamar | Innlandet | 1
301 | 0301 | Oslo | Oslo | 1
402 | 5001 | Trondheim | Trøndelag | 1
405 | 3905 | Tønsberg | Vestfold | 1
"""

# id | name
BUSINESS_ACTIVITIES = """
1 | Annen næring
2 | Jordbruk og gartneri
3 | Skogbruk
4 | Fiske
5 | Reindrift
"""

# number | name | debit account | flags: t taxable, v holiday pay, p employer's duty, h in hours
SALARY_TYPES = """
1000 | Gjeld til ansatte | 2930 |
1001 | Forskudd på lønn | 1570 |
2000 | Fastlønn | 5000 | tvp
2001 | Timelønn | 5000 | tvph
2002 | Bonus | 5000 | tvp
2005 | Overtidsgodtgjørelse | 5000 | tvp
2007 | Overtid 50 % | 5000 | tvph
2008 | Overtid 100 % | 5000 | tvph
2015 | Feriepenger u/skattetrekk | 2940 | p
2016 | Feriepenger m/skattetrekk | 2940 | tp
2020 | Styrehonorar og godtgjørelse i forbindelse med verv | 5330 | tp
2022 | Refusjon av lønn | 5800 | p
6000 | Skattetrekk | 2600 |
"""

# name, and who has it: a the administrator, e everyone
ENTITLEMENTS = (
    ("ROLE_ADMINISTRATOR", "a"),
    ("AUTH_COMPANY_ADMIN", "a"),
    ("AUTH_ALL_VOUCHERS", "a"),
    ("AUTH_INVOICING", "a"),
    ("AUTH_PROJECT_MANAGER_COMPANY", "a"),
    ("AUTH_ARCHIVE_READ", "a"),
    ("AUTH_BANK_RECONCILIATION", "a"),
    ("AUTH_COMPANY_WAGE_ADMIN", "a"),
    ("AUTH_EMPLOYEE_INFO", "a"),
    ("AUTH_INCOMING_INVOICE", "a"),
    ("AUTH_PROJECT_CONTROL_SCHEMAS", "a"),
    ("AUTH_TRAVELREPORTS_COMPANY", "a"),
    ("AUTH_HOURLIST", "e"),
    ("AUTH_TRAVELREPORT", "e"),
)

# name | account | VAT code | flags: t in travel, e in employees' expenses, i inactive
COST_CATEGORIES = """
Bomavgift | 7140 | 0 | t
Fly | 7140 | 12 | t
Hotell | 7140 | 12 | t
Parkering | 7140 | 0 | t
Taxi | 7140 | 12 | t
Tog | 7140 | 12 | t
Mat | 7160 | 0 | t
Representasjon - fradragsb. | 7350 | 0 | t
Drivstoff | 7000 | 0 | t
Telefaks | 6900 | 1 | ei
Kontorrekvisita | 6800 | 1 | e
Aviser, tidsskrifter, bøker o.l. | 6840 | 0 | e
Møte, kurs, oppdatering o.l. | 6860 | 0 | e
Telefon | 6900 | 1 | e
Porto | 6940 | 1 | e
"""

# description | account | flags as above
TRAVEL_PAYMENTS = """
Privat utlegg | 2990 | te
Firmakort | 1930 | te
Kontantkasse | 1900 | ti
"""

# id | country | name | continent | currency | last day, where it is no more
TRAVEL_ZONES = """
1 | DK | Danmark | Europa | 3 |
2 | SE | Sverige | Europa | 2 |
3 | DE | Tyskland | Europa | 5 |
4 | GB | Storbritannia | Europa | 6 |
5 | GB | London | Europa | 6 |
6 | US | USA | Amerika | 4 |
7 | DE | Vest-Berlin | Europa | 5 | 2024-12-31
"""

# name | type | wage code | flags: d day trip, o overnight, f abroad, z by zone | first rate in øre
RATE_CATEGORIES = """
Dagsreise 6-12 timer, innland | PER_DIEM | 4001 | d | 38700
Dagsreise over 12 timer, innland | PER_DIEM | 4001 | d | 71900
Overnatting på hotell, innland | PER_DIEM | 4002 | o | 97700
Overnatting på hotell, utland | PER_DIEM | 4003 | ofz | 88400
Nattillegg, innland | ACCOMMODATION_ALLOWANCE | 4010 | o | 43500
Nattillegg, utland | ACCOMMODATION_ALLOWANCE | 4011 | of | 43500
Bil | MILEAGE_ALLOWANCE | 4020 | | 500
Passasjertillegg | MILEAGE_ALLOWANCE | 4021 | | 100
"""


def rows_of(text: str) -> Iterator[list[str]]:
    """Yield the cells of a table's lines."""
    for line in text.strip().splitlines():
        yield [cell.strip() for cell in line.split("|")]
