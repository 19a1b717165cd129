-- Balanse: each balance account at the end of each month, and the results that are not in equity
-- yet, so that every month adds up to 0. Assets are positive, equity and debt negative.
with results as (
    select
        company_id,
        month,
        fiscal_year,
        sum(opening) as opening,
        sum(net) as net,
        sum(closing) as closing
    from {{ ref('general_ledger_by_period') }}
    where statement = 'result'
    group by company_id, month, fiscal_year
),
lines as (
    select
        ledger.company_id,
        ledger.month,
        ledger.fiscal_year,
        accounts.section,
        accounts.line,
        accounts.line_order,
        accounts.line_name_nb,
        accounts.line_name_en,
        ledger.account_id,
        ledger.account_number,
        ledger.account_name,
        ledger.opening,
        ledger.net as change,
        ledger.closing
    from {{ ref('general_ledger_by_period') }} as ledger
    inner join {{ ref('dim_account') }} as accounts
        on accounts.company_id = ledger.company_id and accounts.account_id = ledger.account_id
    where ledger.statement = 'balance'
        and (ledger.opening <> 0 or ledger.debit <> 0 or ledger.credit <> 0)
    union all
    select
        company_id,
        month,
        fiscal_year,
        'equity',
        'result_of_the_year',
        229,
        'Udisponert resultat i år',
        'Result of the year so far',
        null,
        null,
        'Udisponert resultat i år',
        opening,
        net,
        closing
    from results
    union all
    select
        unallocated.company_id,
        unallocated.month,
        periods.fiscal_year,
        'equity',
        'results_of_earlier_years',
        228,
        'Udisponert resultat fra tidligere år',
        'Results of earlier years, not allocated',
        null,
        null,
        'Udisponert resultat fra tidligere år',
        unallocated.amount,
        0,
        unallocated.amount
    from {{ ref('int_unallocated_results') }} as unallocated
    inner join {{ ref('dim_period') }} as periods
        on periods.company_id = unallocated.company_id and periods.month = unallocated.month
    where unallocated.amount <> 0
)
select
    company_id,
    month,
    fiscal_year,
    section,
    line,
    line_order,
    line_name_nb,
    line_name_en,
    account_id,
    account_number,
    account_name,
    {{ amount('opening') }} as opening,
    {{ amount('change') }} as change,
    {{ amount('closing') }} as closing
from lines
