-- What accounts brought into the first posting that was read: nothing, unless the tap has a start
-- date. It is what Tripletex says was brought into the first month of the trial balance, less the
-- postings before that month.
-- balance_since: balance accounts run on (0), result accounts start each fiscal year from zero.
with first_months as (
    select company_id, min(start_date) as month
    from {{ ref('stg_tripletex__balance_sheet') }}
    group by company_id
),
brought_in as (
    select
        balances.company_id,
        balances.account_id,
        balances.balance_in,
        first_months.month,
        accounts.statement,
        case when accounts.statement = 'result' then periods.fiscal_year else 0 end as balance_since,
        case when accounts.statement = 'result' then periods.fiscal_year_start end as since_day
    from {{ ref('stg_tripletex__balance_sheet') }} as balances
    inner join first_months
        on first_months.company_id = balances.company_id
        and first_months.month = balances.start_date
    inner join {{ ref('dim_account') }} as accounts
        on accounts.company_id = balances.company_id and accounts.account_id = balances.account_id
    inner join {{ ref('dim_period') }} as periods
        on periods.company_id = balances.company_id and periods.month = balances.start_date
),
before_that as (
    select
        brought_in.company_id,
        brought_in.account_id,
        sum(postings.amount) as amount
    from brought_in
    inner join {{ ref('stg_tripletex__postings') }} as postings
        on postings.company_id = brought_in.company_id
        and postings.account_id = brought_in.account_id
        and postings.date < brought_in.month
        and (brought_in.since_day is null or postings.date >= brought_in.since_day)
    group by brought_in.company_id, brought_in.account_id
)
select
    brought_in.company_id,
    brought_in.account_id,
    brought_in.statement,
    brought_in.balance_since,
    {{ amount('brought_in.balance_in - coalesce(before_that.amount, 0)') }} as opening
from brought_in
left join before_that
    on before_that.company_id = brought_in.company_id
    and before_that.account_id = brought_in.account_id
