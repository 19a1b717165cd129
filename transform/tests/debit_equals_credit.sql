-- The postings of every voucher add up to 0.
select company_id, voucher_id, sum(amount) as difference
from {{ ref('general_ledger') }}
group by company_id, voucher_id
having sum(amount) <> 0
