-- The columns by age add up to the total, and today's totals to the items that are open today.
with aged as (
    select company_id, as_of_day, 'customer' as ledger, total,
        not_due + days_1_30 + days_31_60 + days_61_90 + days_over_90 as by_age
    from {{ ref('aged_receivables') }}
    union all
    select company_id, as_of_day, 'supplier', total,
        not_due + days_1_30 + days_31_60 + days_61_90 + days_over_90
    from {{ ref('aged_payables') }}
),
today as (
    select aged.company_id, aged.ledger, sum(aged.total) as total
    from aged
    inner join {{ ref('int_company_days') }} as days
        on days.company_id = aged.company_id and days.today = aged.as_of_day
    group by aged.company_id, aged.ledger
),
items as (
    select company_id, ledger, sum(open_amount) as total
    from {{ ref('ar_ap_items') }}
    group by company_id, ledger
)
select company_id, ledger, total, by_age as other_total
from aged
where total <> by_age
union all
select items.company_id, items.ledger, items.total, today.total
from items
left join today on today.company_id = items.company_id and today.ledger = items.ledger
where items.total <> coalesce(today.total, 0)
