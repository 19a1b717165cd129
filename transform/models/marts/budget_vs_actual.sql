-- Each budget beside what was booked: of the company, or of one department, project, product or
-- employee. Income is positive, costs are negative.
with days as (
    select company_id, {{ month_of('today') }} as this_month
    from {{ ref('int_company_days') }}
),
actuals as (
    {% for type, column in (
        ('COMPANY', 'null'),
        ('DEPARTMENT', 'department_id'),
        ('PROJECT', 'project_id'),
        ('PRODUCT', 'product_id'),
        ('EMPLOYEE', 'employee_id')
    ) -%}
    select
        company_id,
        '{{ type }}' as budget_type,
        {{ typed(column, 'integer') }} as budgeted_id,
        month,
        account_id,
        -sum(amount) as actual
    from {{ ref('general_ledger') }}
    where statement = 'result'{% if column != 'null' %} and {{ column }} is not null{% endif %}
    group by company_id, month, account_id{% if column != 'null' %}, {{ column }}{% endif %}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),
budgets as (
    select
        company_id,
        budget_type,
        case budget_type
            when 'DEPARTMENT' then department_id
            when 'PROJECT' then project_id
            when 'PRODUCT' then product_id
            when 'EMPLOYEE' then employee_id
        end as budgeted_id,
        month,
        account_id,
        sum(budget) as budget
    from {{ ref('int_budgets') }}
    group by company_id, budget_type, month, account_id, department_id, project_id, product_id,
        employee_id
)
select
    budgets.company_id,
    lower(budgets.budget_type) as budget_type,
    budgets.budgeted_id,
    budgets.month,
    periods.fiscal_year,
    budgets.account_id,
    accounts.account_number,
    accounts.account_name,
    {{ amount('budgets.budget') }} as budget,
    {{ amount('coalesce(actuals.actual, 0)') }} as actual,
    {{ amount('coalesce(actuals.actual, 0) - budgets.budget') }} as variance,
    -- What has been booked up to last month, and what is budgeted from this month on.
    {{ amount('case when budgets.month < days.this_month then coalesce(actuals.actual, 0)
        else budgets.budget end') }} as forecast
from budgets
left join actuals
    on actuals.company_id = budgets.company_id
    and actuals.budget_type = budgets.budget_type
    and coalesce(actuals.budgeted_id, 0) = coalesce(budgets.budgeted_id, 0)
    and actuals.month = budgets.month
    and actuals.account_id = budgets.account_id
left join days on days.company_id = budgets.company_id
left join {{ ref('dim_period') }} as periods
    on periods.company_id = budgets.company_id and periods.month = budgets.month
left join {{ ref('dim_account') }} as accounts
    on accounts.company_id = budgets.company_id and accounts.account_id = budgets.account_id
