-- Aldersfordelt saldoliste, kunder: what each customer owed on each day, by days overdue.
{{ aged_items('customer', 'customer') }}
