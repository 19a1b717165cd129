-- What is open for customers and suppliers is, on every day asked for, the balance of their accounts.
with accounts as (
    select
        days.company_id,
        days.as_of_day,
        case accounts.ledger_type when 'CUSTOMER' then 'customer' else 'supplier' end as ledger,
        sum(entries.amount) as balance
    from {{ ref('int_as_of_days') }} as days
    inner join {{ ref('general_ledger') }} as entries
        on entries.company_id = days.company_id and entries.date <= days.as_of_day
    inner join {{ ref('dim_account') }} as accounts
        on accounts.company_id = entries.company_id
        and accounts.account_id = entries.account_id
        and accounts.ledger_type in ('CUSTOMER', 'VENDOR')
    group by days.company_id, days.as_of_day, accounts.ledger_type
),
brought_in as (
    select
        openings.company_id,
        case accounts.ledger_type when 'CUSTOMER' then 'customer' else 'supplier' end as ledger,
        sum(openings.opening) as opening
    from {{ ref('int_opening_balances') }} as openings
    inner join {{ ref('dim_account') }} as accounts
        on accounts.company_id = openings.company_id
        and accounts.account_id = openings.account_id
        and accounts.ledger_type in ('CUSTOMER', 'VENDOR')
    group by openings.company_id, accounts.ledger_type
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
select accounts.company_id, accounts.as_of_day, accounts.ledger, accounts.balance, aged.total
from accounts
left join aged
    on aged.company_id = accounts.company_id
    and aged.as_of_day = accounts.as_of_day
    and aged.ledger = accounts.ledger
left join brought_in
    on brought_in.company_id = accounts.company_id and brought_in.ledger = accounts.ledger
-- With a start date the items from before it are not known, and this cannot be told.
where accounts.balance <> coalesce(aged.total, 0) and coalesce(brought_in.opening, 0) = 0
