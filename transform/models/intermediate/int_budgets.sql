-- Budgeted amounts by account and month as results: income positive, costs negative, as in
-- profit_and_loss. In the source both are positive.
select
    budgets.company_id,
    budgets.result_budget_type as budget_type,
    periods.{{ quoted('start') }} as month,
    budgets.account_id,
    budgets.department_id,
    budgets.project_id,
    budgets.product_id,
    budgets.employee_id,
    {{ sum_of("case when accounts.section in ('operating_income') or accounts.line = 'financial_income'
        then budgets.amount else -budgets.amount end") }} as budget
from {{ ref('stg_tripletex__result_budgets') }} as budgets
inner join {{ ref('stg_tripletex__accounting_periods') }} as periods
    on periods.company_id = budgets.company_id and periods.id = budgets.accounting_period_id
left join {{ ref('dim_account') }} as accounts
    on accounts.company_id = budgets.company_id and accounts.account_id = budgets.account_id
group by
    budgets.company_id,
    budgets.result_budget_type,
    periods.{{ quoted('start') }},
    budgets.account_id,
    budgets.department_id,
    budgets.project_id,
    budgets.product_id,
    budgets.employee_id
