-- Every month of each company: from its first to its last in the ledger, the trial balance or the
-- accounting periods.
with seen as (
    select company_id, min(date) as first_day, max(date) as last_day
    from {{ ref('stg_tripletex__postings') }}
    group by company_id
    union all
    select company_id, min(start_date), max(start_date)
    from {{ ref('stg_tripletex__balance_sheet') }}
    group by company_id
    union all
    select company_id, min({{ quoted('start') }}), max({{ quoted('start') }})
    from {{ ref('stg_tripletex__accounting_periods') }}
    group by company_id
),
spans as (
    select
        company_id,
        {{ month_of('min(first_day)') }} as first_month,
        {{ month_of('max(last_day)') }} as last_month
    from seen
    group by company_id
),
numbers as (
    {{ dbt.generate_series(1200) }}
),
months as (
    select
        spans.company_id,
        spans.last_month,
        {{ plus_months('spans.first_month', 'cast(numbers.generated_number as integer) - 1') }} as month
    from spans
    cross join numbers
)
select company_id, month
from months
where month <= last_month
