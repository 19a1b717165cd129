-- Each account in each month, also those without a posting: opening, debit, credit, net, closing.
with sums as (
    select
        company_id,
        account_id,
        month,
        sum(amount) as net,
        sum(case when amount > 0 then amount else 0 end) as debit,
        sum(case when amount < 0 then -amount else 0 end) as credit,
        count(*) as postings
    from {{ ref('general_ledger') }}
    group by company_id, account_id, month
),
used as (
    select company_id, account_id from sums
    {{ union_distinct() }}
    select company_id, account_id from {{ ref('int_opening_balances') }} where opening <> 0
),
grid as (
    select
        periods.company_id,
        periods.month,
        periods.fiscal_year,
        accounts.account_id,
        accounts.account_number,
        accounts.account_name,
        accounts.statement,
        accounts.line,
        accounts.line_order,
        case when accounts.statement = 'result' then periods.fiscal_year else 0 end as balance_since
    from {{ ref('dim_period') }} as periods
    inner join used on used.company_id = periods.company_id
    inner join {{ ref('dim_account') }} as accounts
        on accounts.company_id = used.company_id and accounts.account_id = used.account_id
),
moved as (
    select
        grid.*,
        {{ amount('coalesce(sums.debit, 0)') }} as debit,
        {{ amount('coalesce(sums.credit, 0)') }} as credit,
        {{ amount('coalesce(sums.net, 0)') }} as net,
        coalesce(sums.postings, 0) as postings,
        {{ amount("coalesce(openings.opening, 0) + coalesce(sum(sums.net) over (
            partition by grid.company_id, grid.account_id, grid.balance_since
            order by grid.month
            rows between unbounded preceding and current row
        ), 0)") }} as closing
    from grid
    left join sums
        on sums.company_id = grid.company_id
        and sums.account_id = grid.account_id
        and sums.month = grid.month
    left join {{ ref('int_opening_balances') }} as openings
        on openings.company_id = grid.company_id
        and openings.account_id = grid.account_id
        and openings.balance_since = grid.balance_since
)
select
    company_id,
    month,
    fiscal_year,
    account_id,
    account_number,
    account_name,
    statement,
    line,
    line_order,
    {{ amount('closing - net') }} as opening,
    debit,
    credit,
    net,
    closing,
    postings
from moved
