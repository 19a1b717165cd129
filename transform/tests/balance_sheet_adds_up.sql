-- Assets equal equity and debt in every month, whatever the fiscal year.
select company_id, month, sum(opening) as opening, sum(closing) as closing
from {{ ref('balance_sheet') }}
group by company_id, month
having sum(opening) <> 0 or sum(closing) <> 0
