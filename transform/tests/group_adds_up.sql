-- Before eliminations the balance of every company adds up to 0 in every month.
select company_id, month, sum(amount) as difference
from {{ ref('group_consolidated') }}
where statement = 'balance'
group by company_id, month
having sum(amount) <> 0
