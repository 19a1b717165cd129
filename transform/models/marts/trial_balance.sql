-- Saldobalanse: each account in each month, beside what Tripletex itself says.
with read_months as (
    select distinct company_id, start_date as month
    from {{ ref('stg_tripletex__balance_sheet') }}
),
tripletex as (
    select
        company_id,
        account_id,
        start_date as month,
        sum(balance_change) as balance_change,
        sum(balance_out) as balance_out
    from {{ ref('stg_tripletex__balance_sheet') }}
    group by company_id, account_id, start_date
),
-- Accounts that only Tripletex has a figure for are differences too.
accounts as (
    select company_id, account_id, month
    from {{ ref('general_ledger_by_period') }}
    {{ union_distinct() }}
    select company_id, account_id, month
    from tripletex
    where balance_change <> 0 or balance_out <> 0
),
compared as (
    select
        accounts.company_id,
        accounts.month,
        accounts.account_id,
        dim_account.account_number,
        dim_account.account_name,
        dim_account.statement,
        coalesce(ledger.opening, 0) as opening,
        coalesce(ledger.debit, 0) as debit,
        coalesce(ledger.credit, 0) as credit,
        coalesce(ledger.net, 0) as net,
        coalesce(ledger.closing, 0) as closing,
        case when read_months.month is not null then coalesce(tripletex.balance_change, 0) end
            as tripletex_net,
        case when read_months.month is not null and dim_account.statement = 'balance'
            then coalesce(tripletex.balance_out, 0) end as tripletex_closing
    from accounts
    left join {{ ref('dim_account') }} as dim_account
        on dim_account.company_id = accounts.company_id
        and dim_account.account_id = accounts.account_id
    left join {{ ref('general_ledger_by_period') }} as ledger
        on ledger.company_id = accounts.company_id
        and ledger.account_id = accounts.account_id
        and ledger.month = accounts.month
    left join tripletex
        on tripletex.company_id = accounts.company_id
        and tripletex.account_id = accounts.account_id
        and tripletex.month = accounts.month
    left join read_months
        on read_months.company_id = accounts.company_id and read_months.month = accounts.month
),
lines as (
    select
        compared.*,
        {{ amount('net - tripletex_net') }} as net_difference,
        {{ amount('closing - tripletex_closing') }} as closing_difference
    from compared
    where opening <> 0 or debit <> 0 or credit <> 0 or closing <> 0
        or tripletex_net <> 0 or tripletex_closing <> 0
    union all
    select
        company_id,
        month,
        null,
        null,
        'Udisponert resultat fra tidligere år',
        'balance',
        amount,
        0,
        0,
        0,
        amount,
        null,
        null,
        null,
        null
    from {{ ref('int_unallocated_results') }}
    where amount <> 0
)
select
    lines.company_id,
    lines.month,
    periods.fiscal_year,
    lines.account_id,
    lines.account_number,
    lines.account_name,
    lines.statement,
    {{ amount('lines.opening') }} as opening,
    {{ amount('lines.debit') }} as debit,
    {{ amount('lines.credit') }} as credit,
    {{ amount('lines.net') }} as net,
    {{ amount('lines.closing') }} as closing,
    {{ amount('lines.tripletex_net') }} as tripletex_net,
    {{ amount('lines.tripletex_closing') }} as tripletex_closing,
    -- Of a balance account the closing balance, of a result account what was booked in the month:
    -- 0 unless the ledger here is not Tripletex's.
    {{ amount('case when lines.net_difference <> 0 then lines.net_difference
        else coalesce(lines.closing_difference, lines.net_difference) end') }} as difference
from lines
left join {{ ref('dim_period') }} as periods
    on periods.company_id = lines.company_id and periods.month = lines.month
