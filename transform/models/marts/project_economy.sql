-- Prosjektøkonomi: what has been worked, invoiced and spent on each project since it began.
with work as (
    select
        company_id,
        project_id,
        sum(hours) as hours,
        sum(coalesce(chargeable_hours, 0)) as chargeable_hours,
        -- Null unless the column hourly_cost was read.
        sum(hours * hourly_cost) as hours_cost
    from {{ ref('stg_tripletex__timesheet_entries') }}
    where project_id is not null
    group by company_id, project_id
),
invoice_vouchers as (
    select distinct company_id, voucher_id
    from {{ ref('stg_tripletex__invoices') }}
    where voucher_id is not null
),
money as (
    select
        ledger.company_id,
        ledger.project_id,
        -sum(case when accounts.section = 'operating_income'
            and invoice_vouchers.voucher_id is not null then ledger.amount else 0 end) as invoiced,
        -sum(case when accounts.section = 'operating_income' then ledger.amount else 0 end)
            as income,
        sum(case when accounts.section <> 'operating_income'
            and accounts.section <> 'appropriations' then ledger.amount else 0 end) as costs
    from {{ ref('general_ledger') }} as ledger
    inner join {{ ref('dim_account') }} as accounts
        on accounts.company_id = ledger.company_id
        and accounts.account_id = ledger.account_id
        and accounts.statement = 'result'
    left join invoice_vouchers
        on invoice_vouchers.company_id = ledger.company_id
        and invoice_vouchers.voucher_id = ledger.voucher_id
    where ledger.project_id is not null
    group by ledger.company_id, ledger.project_id
)
select
    projects.company_id,
    projects.project_id,
    projects.project_number,
    projects.project_name,
    projects.customer_id,
    projects.customer_name,
    projects.is_active,
    {{ quantity('coalesce(work.hours, 0)') }} as hours,
    {{ quantity('coalesce(work.chargeable_hours, 0)') }} as chargeable_hours,
    {{ amount('work.hours_cost') }} as hours_cost,
    {{ amount('coalesce(money.invoiced, 0)') }} as invoiced,
    {{ amount('coalesce(money.income, 0)') }} as income,
    {{ amount('coalesce(money.costs, 0)') }} as costs,
    {{ amount('coalesce(money.income, 0) - coalesce(money.costs, 0)') }} as margin,
    {{ amount('coalesce(source.invoice_reserve_total_amount_currency, 0)') }} as not_invoiced,
    {{ amount('status.budget_total_income_currency') }} as budget_income,
    {{ amount('status.budget_total_cost_currency') }} as budget_costs
from {{ ref('dim_project') }} as projects
left join work
    on work.company_id = projects.company_id and work.project_id = projects.project_id
left join money
    on money.company_id = projects.company_id and money.project_id = projects.project_id
left join {{ ref('stg_tripletex__projects') }} as source
    on source.company_id = projects.company_id and source.id = projects.project_id
left join {{ ref('stg_tripletex__project_budget_status') }} as status
    on status.company_id = projects.company_id and status.project_id = projects.project_id
