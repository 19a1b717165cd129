-- What is open at the end of each month and today is what Tripletex's own list of open items says.
with snapshots as (
    select
        open_postings.company_id,
        open_postings.as_of_date as as_of_day,
        case accounts.ledger_type when 'CUSTOMER' then 'customer' else 'supplier' end as ledger,
        sum(open_postings.amount) as total
    from {{ ref('stg_tripletex__open_postings') }} as open_postings
    inner join {{ ref('int_as_of_days') }} as days
        on days.company_id = open_postings.company_id
        and days.as_of_day = open_postings.as_of_date
    inner join {{ ref('dim_account') }} as accounts
        on accounts.company_id = open_postings.company_id
        and accounts.account_id = open_postings.account_id
        and accounts.ledger_type in ('CUSTOMER', 'VENDOR')
    group by open_postings.company_id, open_postings.as_of_date, accounts.ledger_type
),
aged as (
    select company_id, as_of_day, 'customer' as ledger, sum(total) as total
    from {{ ref('aged_receivables') }}
    group by company_id, as_of_day
    union all
    select company_id, as_of_day, 'supplier', sum(total)
    from {{ ref('aged_payables') }}
    group by company_id, as_of_day
)
select snapshots.company_id, snapshots.as_of_day, snapshots.ledger, snapshots.total,
    aged.total as aged_total
from snapshots
left join aged
    on aged.company_id = snapshots.company_id
    and aged.as_of_day = snapshots.as_of_day
    and aged.ledger = snapshots.ledger
where snapshots.total <> coalesce(aged.total, 0)
