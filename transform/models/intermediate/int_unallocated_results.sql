-- The results of earlier fiscal years that no closing has carried to equity, in each month: what the
-- result accounts had added up to before the year, and what was so before the first posting read.
with results as (
    select company_id, fiscal_year, sum(net) as net
    from {{ ref('general_ledger_by_period') }}
    where statement = 'result'
    group by company_id, fiscal_year
),
brought_in as (
    select company_id, balance_since, sum(opening) as opening
    from {{ ref('int_opening_balances') }}
    group by company_id, balance_since
),
-- Where not all was read, the openings do not add up to 0; the rest is an earlier result.
before_all as (
    select company_id, sum(opening) as opening
    from brought_in
    group by company_id
),
opened_results as (
    select company_id, balance_since as fiscal_year, opening
    from brought_in
    where balance_since <> 0
)
select
    periods.company_id,
    periods.month,
    {{ amount('coalesce(max(-before_all.opening), 0)
        + coalesce(sum(results.net), 0) + coalesce(sum(opened_results.opening), 0)') }} as amount
from {{ ref('dim_period') }} as periods
left join before_all on before_all.company_id = periods.company_id
left join results
    on results.company_id = periods.company_id and results.fiscal_year < periods.fiscal_year
left join opened_results
    on opened_results.company_id = results.company_id
    and opened_results.fiscal_year = results.fiscal_year
group by periods.company_id, periods.month
