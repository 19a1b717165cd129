-- Aldersfordelt saldoliste, leverandører: what was owed to each supplier on each day, by days
-- overdue. What is owed is negative.
{{ aged_items('supplier', 'supplier') }}
