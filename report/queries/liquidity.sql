-- Bank and cash on each of the next 30 days, by what is already booked.
select company_id, day, opening, receipts, payments, vat, tax, wages, closing
from liquidity_30_days
order by company_id, day
