-- The VAT of each term by code, and what was booked on the VAT accounts (2700-2739).
select company_id, vat_term_start, payable, booked, difference
from {{ ref('vat_reconciliation') }}
where difference <> 0
