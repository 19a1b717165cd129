-- The trial balance of every month adds up to 0.
select company_id, month, sum(closing) as difference
from {{ ref('trial_balance') }}
group by company_id, month
having sum(closing) <> 0
