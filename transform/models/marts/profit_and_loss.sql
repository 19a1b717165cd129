-- Resultatregnskap by month: of the company, and again by department and by project. Income is
-- positive, costs are negative.
with entries as (
    select
        company_id, month, account_id, department_id, project_id, -amount as result
    from {{ ref('general_ledger') }}
    where statement = 'result'
),
sliced as (
    select company_id, 'company' as dimension, 0 as dimension_id, month, account_id, result,
        0 as budget
    from entries
    union all
    select company_id, 'department', coalesce(department_id, 0), month, account_id, result, 0
    from entries
    union all
    select company_id, 'project', coalesce(project_id, 0), month, account_id, result, 0
    from entries
    union all
    select
        company_id,
        lower(budget_type),
        coalesce(department_id, project_id, 0),
        month,
        account_id,
        0,
        budget
    from {{ ref('int_budgets') }}
    where budget_type in ('COMPANY', 'DEPARTMENT', 'PROJECT')
),
sums as (
    select
        company_id,
        dimension,
        dimension_id,
        month,
        account_id,
        sum(result) as result,
        sum(budget) as budget
    from sliced
    group by company_id, dimension, dimension_id, month, account_id
),
-- What was booked in a month shows in the rest of its year, and as last year's in the next one.
spans as (
    select
        sums.company_id,
        sums.dimension,
        sums.dimension_id,
        sums.account_id,
        min(sums.month) as first_month,
        {{ plus_months('max(periods.fiscal_year_end)', 12) }} as last_day
    from sums
    inner join {{ ref('dim_period') }} as periods
        on periods.company_id = sums.company_id and periods.month = sums.month
    group by sums.company_id, sums.dimension, sums.dimension_id, sums.account_id
),
grid as (
    select
        spans.company_id,
        spans.dimension,
        spans.dimension_id,
        spans.account_id,
        periods.month,
        periods.fiscal_year,
        {{ amount('coalesce(sums.result, 0)') }} as result,
        {{ amount('coalesce(sums.budget, 0)') }} as budget
    from spans
    inner join {{ ref('dim_period') }} as periods
        on periods.company_id = spans.company_id
        and periods.month between spans.first_month and spans.last_day
    left join sums
        on sums.company_id = spans.company_id
        and sums.dimension = spans.dimension
        and sums.dimension_id = spans.dimension_id
        and sums.account_id = spans.account_id
        and sums.month = periods.month
),
running as (
    select
        grid.*,
        {{ plus_months('month', -12) }} as month_last_year,
        {% for name in ('result', 'budget') -%}
        {{ amount('sum(' ~ name ~ ") over (
            partition by company_id, dimension, dimension_id, account_id, fiscal_year
            order by month
            rows between unbounded preceding and current row
        )") }} as {{ name }}_year_to_date{{ ',' if not loop.last }}
        {% endfor %}
    from grid
)
select
    running.company_id,
    running.dimension,
    case when running.dimension_id <> 0 then running.dimension_id end as dimension_id,
    case running.dimension
        when 'department' then departments.name
        when 'project' then projects.name
    end as dimension_name,
    running.month,
    running.fiscal_year,
    accounts.section,
    accounts.line,
    accounts.line_order,
    accounts.line_name_nb,
    accounts.line_name_en,
    running.account_id,
    accounts.account_number,
    accounts.account_name,
    running.result,
    running.result_year_to_date,
    {{ amount('coalesce(last_year.result, 0)') }} as result_last_year,
    {{ amount('coalesce(last_year.result_year_to_date, 0)') }} as result_last_year_to_date,
    running.budget,
    running.budget_year_to_date,
    {{ amount('running.result - running.budget') }} as variance
from running
inner join {{ ref('dim_account') }} as accounts
    on accounts.company_id = running.company_id and accounts.account_id = running.account_id
left join running as last_year
    on last_year.company_id = running.company_id
    and last_year.dimension = running.dimension
    and last_year.dimension_id = running.dimension_id
    and last_year.account_id = running.account_id
    and last_year.month = running.month_last_year
left join {{ ref('stg_tripletex__departments') }} as departments
    on departments.company_id = running.company_id
    and departments.id = running.dimension_id
    and running.dimension = 'department'
left join {{ ref('stg_tripletex__projects') }} as projects
    on projects.company_id = running.company_id
    and projects.id = running.dimension_id
    and running.dimension = 'project'
