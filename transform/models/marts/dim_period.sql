-- Months: the fiscal year and the VAT term that each lies in, and whether it is closed.
with months as (
    select
        company_id,
        month,
        {{ plus_days(plus_months('month', 1), -1) }} as month_end,
        {{ year_of('month') }} as year,
        {{ month_number('month') }} as month_number
    from {{ ref('int_months') }}
),
fiscal_years as (
    select
        company_id,
        year as fiscal_year,
        {{ quoted('start') }} as first_day,
        {{ quoted('end') }} as day_after,
        row_number() over (partition by company_id order by {{ quoted('start') }} desc) as age
    from {{ ref('stg_tripletex__annual_accounts') }}
),
-- Months outside the annual accounts follow the newest of them; without any, the calendar.
calendars as (
    select
        companies.company_id,
        coalesce({{ month_number('newest.first_day') }}, 1) as first_month,
        coalesce(newest.fiscal_year - {{ year_of('newest.first_day') }}, 0) as year_ahead
    from (select distinct company_id from months) as companies
    left join fiscal_years as newest
        on newest.company_id = companies.company_id and newest.age = 1
),
years as (
    select
        months.*,
        calendars.year_ahead,
        {{ plus_months('month', '-1 * (' ~ remainder('months.month_number - calendars.first_month + 12', 12) ~ ')') }}
            as calendar_start
    from months
    inner join calendars on calendars.company_id = months.company_id
),
periods as (
    select
        years.company_id,
        years.month,
        years.month_end,
        years.year,
        years.month_number,
        coalesce(
            fiscal_years.fiscal_year,
            {{ year_of('years.calendar_start') }} + years.year_ahead
        ) as fiscal_year,
        coalesce(fiscal_years.first_day, years.calendar_start) as fiscal_year_start,
        coalesce(
            {{ plus_days('fiscal_years.day_after', -1) }},
            {{ plus_days(plus_months('years.calendar_start', 12), -1) }}
        ) as fiscal_year_end,
        accounting_periods.is_closed
    from years
    left join fiscal_years
        on fiscal_years.company_id = years.company_id
        and fiscal_years.first_day <= years.month
        and fiscal_years.day_after > years.month
    left join {{ ref('stg_tripletex__accounting_periods') }} as accounting_periods
        on accounting_periods.company_id = years.company_id
        and accounting_periods.{{ quoted('start') }} = years.month
),
sizes as (
    select
        periods.company_id,
        periods.month,
        settings.term_size,
        row_number() over (
            partition by periods.company_id, periods.month order by settings.from_date desc
        ) as age
    from periods
    inner join {{ ref('stg_tripletex__vat_term_size_settings') }} as settings
        on settings.company_id = periods.company_id
        and settings.from_date <= periods.month
        and settings.report_type = 'GENERAL_INDUSTRY'
),
terms as (
    select
        periods.*,
        case coalesce(sizes.term_size, 'TWO_MONTHS')
            when 'ONE_MONTH' then 1
            when 'TWO_MONTHS' then 2
            when 'THREE_MONTHS' then 3
            when 'FOUR_MONTHS' then 4
            when 'SIX_MONTHS' then 6
            when 'YEAR' then 12
        end as vat_term_months
    from periods
    left join sizes
        on sizes.company_id = periods.company_id and sizes.month = periods.month and sizes.age = 1
),
numbered as (
    select
        terms.*,
        {{ whole_part('month_number - 1', 'vat_term_months') }} + 1 as vat_term,
        {{ remainder('month_number - 1', 'vat_term_months') }} as months_into_term
    from terms
)
select
    company_id,
    month,
    month_end,
    year,
    month_number,
    fiscal_year,
    fiscal_year_start,
    fiscal_year_end,
    vat_term,
    vat_term_months,
    {{ plus_months('month', '-1 * months_into_term') }} as vat_term_start,
    {{ plus_days(plus_months('month', 'vat_term_months - months_into_term'), -1) }} as vat_term_end,
    is_closed
from numbered
