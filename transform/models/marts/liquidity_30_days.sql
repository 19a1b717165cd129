-- Likviditet: the bank today and the next 30 days, by what is already booked. What is overdue is
-- expected today.
with days as (
    select
        company_id,
        today,
        {{ plus_days('today', 'cast(numbers.generated_number as integer) - 1') }} as day
    from {{ ref('int_company_days') }}
    cross join ({{ dbt.generate_series(31) }}) as numbers
),
balances as (
    select
        ledger.company_id,
        sum(case when accounts.line = 'cash' then ledger.amount else 0 end) as cash,
        sum(case when accounts.ns4102_group = 26 then ledger.amount else 0 end) as withheld_tax,
        sum(case when ledger.account_number between 2770 and 2779 then ledger.amount else 0 end)
            as employers_duty,
        sum(case when ledger.account_number between 2930 and 2939 then ledger.amount else 0 end)
            as wages
    from {{ ref('general_ledger') }} as ledger
    inner join {{ ref('dim_account') }} as accounts
        on accounts.company_id = ledger.company_id and accounts.account_id = ledger.account_id
    inner join {{ ref('int_company_days') }} as today
        on today.company_id = ledger.company_id and ledger.date <= today.today
    where accounts.statement = 'balance'
    group by ledger.company_id
),
-- A VAT term is paid on the 10th of the second month after it, that of May and June on 31 August.
vat_terms as (
    select
        terms.company_id,
        case when {{ month_number('terms.vat_term_end') }} = 6 and terms.vat_term_months = 2
            then {{ plus_days(plus_months(month_of('terms.vat_term_end'), 3), -1) }}
            else {{ plus_days(plus_months(month_of('terms.vat_term_end'), 2), 9) }} end as due_day,
        -sum(vat.payable) as amount
    from (
        select distinct company_id, vat_term_start, vat_term_end, vat_term_months
        from {{ ref('dim_period') }}
        where vat_term is not null
    ) as terms
    inner join {{ ref('vat_return') }} as vat
        on vat.company_id = terms.company_id and vat.vat_term_start = terms.vat_term_start
    group by terms.company_id, terms.vat_term_end, terms.vat_term_months
),
expected as (
    select company_id, due_date as day, 'receipts' as kind, open_amount as amount
    from {{ ref('ar_ap_items') }}
    where is_open = 1 and ledger = 'customer'
    union all
    select company_id, due_date, 'payments', open_amount
    from {{ ref('ar_ap_items') }}
    where is_open = 1 and ledger = 'supplier'
    union all
    select vat_terms.company_id, vat_terms.due_day, 'vat', vat_terms.amount
    from vat_terms
    inner join {{ ref('int_company_days') }} as today
        on today.company_id = vat_terms.company_id and vat_terms.due_day >= today.today
    union all
    -- Withheld tax and employer's duty are paid on the 15th of every other month.
    select
        balances.company_id,
        days.day,
        'tax',
        balances.withheld_tax + balances.employers_duty
    from balances
    inner join days on days.company_id = balances.company_id
    where {{ day_number('days.day') }} = 15
        and {{ remainder(month_number('days.day'), 2) }} = 1
    union all
    select balances.company_id, days.day, 'wages', balances.wages
    from balances
    inner join days on days.company_id = balances.company_id
    where {{ day_number('days.day') }} = {{ var('pay_day') }}
),
sums as (
    select
        expected.company_id,
        case when expected.day < today.today then today.today else expected.day end as day,
        sum(case when kind = 'receipts' then amount else 0 end) as receipts,
        sum(case when kind = 'payments' then amount else 0 end) as payments,
        sum(case when kind = 'vat' then amount else 0 end) as vat,
        sum(case when kind = 'tax' then amount else 0 end) as tax,
        sum(case when kind = 'wages' then amount else 0 end) as wages
    from expected
    inner join {{ ref('int_company_days') }} as today on today.company_id = expected.company_id
    group by
        expected.company_id,
        case when expected.day < today.today then today.today else expected.day end
),
flows as (
    select
        days.company_id,
        days.day,
        coalesce(balances.cash, 0) as cash,
        coalesce(sums.receipts, 0) as receipts,
        coalesce(sums.payments, 0) as payments,
        coalesce(sums.vat, 0) as vat,
        coalesce(sums.tax, 0) as tax,
        coalesce(sums.wages, 0) as wages,
        coalesce(sums.receipts, 0) + coalesce(sums.payments, 0) + coalesce(sums.vat, 0)
            + coalesce(sums.tax, 0) + coalesce(sums.wages, 0) as net
    from days
    left join balances on balances.company_id = days.company_id
    left join sums on sums.company_id = days.company_id and sums.day = days.day
),
running as (
    select
        flows.*,
        cash + sum(net) over (
            partition by company_id order by day
            rows between unbounded preceding and current row
        ) as closing
    from flows
)
select
    company_id,
    day,
    {{ amount('closing - net') }} as opening,
    {{ amount('receipts') }} as receipts,
    {{ amount('payments') }} as payments,
    {{ amount('vat') }} as vat,
    {{ amount('tax') }} as tax,
    {{ amount('wages') }} as wages,
    {{ amount('closing') }} as closing
from running
