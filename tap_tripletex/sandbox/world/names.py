"""Invented names: none of these people or firms exists."""

FIRST_NAMES = (
    "Askeladden", "Solveig", "Embla", "Ragnhild", "Torbjørn", "Kåre", "Ylva", "Sindre",
    "Åshild", "Magnhild", "Eirik", "Gyda", "Halvor", "Ingebjørg", "Jorunn", "Leiv",
    "Oddvar", "Randi", "Sverre", "Tora", "Øyvind", "Ærlig", "Bjarne", "Dagny",
)  # fmt: skip
LAST_NAMES = (
    "Tulleberg", "Fjasevik", "Tøysland", "Vasshaug", "Dikteby", "Oppdiktsen", "Eksempelmo",
    "Prøvestad", "Luftslott", "Skrønemo", "Sagnmyr", "Testrud", "Påfunnet", "Gåtedal",
)  # fmt: skip
FIRM_WORDS = (
    "Huldra", "Nøkken", "Vette", "Nisse", "Draugen", "Fossegrim", "Rosenkål", "Multe",
    "Tyttebær", "Krekling", "Bekkalokk", "Måltrost", "Lomvi", "Havlit", "Røyskatt",
    "Jerv", "Lemen", "Kvann", "Bjørkebast", "Kveldsol", "Rimfrost", "Nysnø", "Fonn",
)  # fmt: skip
FIRM_TRADES = (
    "Bakeri", "Bygg", "Rørservice", "Design", "Eiendom", "Frisør", "Hagesenter", "Sykkel",
    "Maskin", "Media", "Optikk", "Sjømat", "Snekkeri", "Trafikkskole", "Verksted", "Vin og Vann",
)  # fmt: skip
FIRM_FORMS = ("AS", "AS", "AS", "ASA", "SA", "ENK", "DA")
FOREIGN_FIRMS = (
    ("Beispiel Werkzeuge GmbH", 223),
    ("Exempel Konsult AB", 208),
    ("Voorbeeld Handel B.V.", 151),
)
SUPPLIERS = (
    # name, account, lowest and highest net amount in kroner, VAT code
    ("Påhitt Eiendom AS", 6300, 24000, 24000, 1),
    ("Oppspinn Strøm AS", 6340, 1800, 5200, 1),
    ("Luftspeil Telefoni AS", 6900, 900, 2600, 1),
    ("Sagnland Forsikring ASA", 7500, 36000, 36000, 0),
    ("Fabel Kontorutstyr AS", 6800, 150, 4200, 1),
    ("Myte Datasystemer AS", 6551, 900, 22000, 1),
    ("Skrøne Regnskap AS", 6705, 3500, 9800, 1),
    ("Eventyr Reiser AS", 7140, 400, 7600, 12),
    ("Gåte Renhold AS", 6360, 1800, 2900, 1),
    ("Rim og Regle Reklame AS", 7320, 1200, 18000, 1),
    ("Nonsens Engros AS", 4300, 1500, 38000, 1),
    ("Tullball Matvarer AS", 4330, 600, 7200, 11),
    ("Vrøvl Underleverandør AS", 4500, 4000, 45000, 1),
    ("Cloudcuckoo Hosting Ltd", 6553, 800, 4800, 34),
    ("Tøv Drivstoff AS", 7000, 300, 1900, 1),
    ("Pølsevev Frakt AS", 4360, 250, 3900, 1),
)
PRODUCTS = (
    # name, number, net price in kroner, account, VAT code, unit
    ("Konsulenttime", "100", 1350.0, 3020, 3, "t"),
    ("Konsulenttime, senior", "101", 1690.0, 3020, 3, "t"),
    ("Oppstartspakke", "110", 12500.0, 3020, 3, "stk"),
    ("Serviceavtale, måned", "120", 2490.0, 3020, 3, "stk"),
    ("Kurs, halv dag", "130", 4900.0, 3020, 3, "stk"),
    ("Kurs i førstehjelp", "131", 3200.0, 3200, 6, "stk"),
    ("Espressomaskin Tussilago", "200", 18990.0, 3010, 3, "stk"),
    ("Kaffekvern", "201", 5490.0, 3010, 3, "stk"),
    ("Kaffebønner, 1 kg", "210", 24.466666666666665, 3030, 31, "kg"),
    ("Kaffebønner, mørkbrent, 1 kg", "211", 289.0, 3030, 31, "kg"),
    ("Havremelk, kartong", "212", 198.0, 3030, 31, "stk"),
    ("Kopp med logo", "220", 119.2, 3010, 3, "stk"),
    ("Rens og vedlikehold", "230", 890.0, 3020, 3, "stk"),
    ("Reservedeler", "231", 345.83333333333331, 3010, 3, "stk"),
    ("Lisens, år", "240", 5990.0, 3020, 3, "stk"),
    ("Transport av gjester", "250", 850.0, 3040, 32, "stk"),
    ("Fagbok", "260", 399.0, 3100, 5, "stk"),
    ("Utleie av møterom", "270", 1500.0, 3600, 6, "stk"),
    ("Utgått vare", "900", 99.0, 3010, 3, "stk"),
)
PROJECT_NAMES = (
    "Ny nettbutikk", "Flytting av kontor", "Opplæring i kassesystem", "Innføring av timeføring",
    "Ombygging av kaffebar", "Datavask", "Sommerkampanje", "Integrasjon mot lager",
    "Rådgivning bærekraft", "Ny profil", "Vaktordning", "Internkontroll",
)  # fmt: skip
STREETS = (
    "Eksempelveien", "Prøvegata", "Tenkestien", "Oppdiktsbakken", "Regnbueveien", "Luftveien",
)  # fmt: skip
PLACES = (
    ("0151", "Oslo"), ("5003", "Bergen"), ("7010", "Trondheim"), ("4006", "Stavanger"),
    ("9008", "Tromsø"), ("3015", "Drammen"), ("2317", "Hamar"), ("8006", "Bodø"),
)  # fmt: skip
UNITS = (
    ("stk", "Stykk", "Piece", "pcs", "EA"),
    ("t", "Time", "Hour", "h", "HUR"),
    ("kg", "Kilogram", "Kilogram", "kg", "KGM"),
    ("l", "Liter", "Litre", "l", "LTR"),
    ("m", "Meter", "Metre", "m", "MTR"),
)
