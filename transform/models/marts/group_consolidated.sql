-- Konsern: each line of the annual accounts by month and company, with and without the accounts in
-- the seed eliminations. Result lines are those of the month, balance lines stand at its end.
-- Income and assets are positive, costs, equity and debt negative.
with accounts as (
    select
        ledger.company_id,
        ledger.month,
        accounts.statement,
        accounts.section,
        accounts.line,
        accounts.line_order,
        accounts.line_name_nb,
        accounts.line_name_en,
        case when accounts.statement = 'result' then -ledger.net else ledger.closing end as amount,
        eliminated.account_number as eliminated_account
    from {{ ref('general_ledger_by_period') }} as ledger
    inner join {{ ref('dim_account') }} as accounts
        on accounts.company_id = ledger.company_id and accounts.account_id = ledger.account_id
    left join (select distinct company_id, account_number from {{ ref('eliminations') }}) as eliminated
        on eliminated.company_id = ledger.company_id
        and eliminated.account_number = ledger.account_number
    union all
    select
        company_id,
        month,
        'balance',
        section,
        line,
        line_order,
        line_name_nb,
        line_name_en,
        closing,
        null
    from {{ ref('balance_sheet') }}
    where account_id is null
)
select
    accounts.company_id,
    companies.name as company_name,
    accounts.month,
    accounts.statement,
    accounts.section,
    accounts.line,
    accounts.line_order,
    accounts.line_name_nb,
    accounts.line_name_en,
    {{ sum_of('accounts.amount') }} as amount,
    {{ sum_of('case when accounts.eliminated_account is not null then accounts.amount else 0 end') }}
        as eliminated,
    {{ sum_of('case when accounts.eliminated_account is null then accounts.amount else 0 end') }}
        as group_amount
from accounts
left join {{ ref('stg_tripletex__companies') }} as companies
    on companies.company_id = accounts.company_id and companies.id = accounts.company_id
group by
    accounts.company_id,
    companies.name,
    accounts.month,
    accounts.statement,
    accounts.section,
    accounts.line,
    accounts.line_order,
    accounts.line_name_nb,
    accounts.line_name_en
