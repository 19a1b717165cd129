-- The chart of accounts, with its place in the annual accounts and in the official grouping.
with accounts as (
    select
        accounts.*,
        -- Accounts of more than four digits belong where their first four do.
        cast({{ first_digits('accounts.number', 4) }} as {{ dbt.type_int() }}) as standard_number,
        cast({{ first_digits('accounts.number', 1) }} as {{ dbt.type_int() }}) as ns4102_class,
        cast({{ first_digits('accounts.number', 2) }} as {{ dbt.type_int() }}) as ns4102_group
    from {{ ref('stg_tripletex__accounts') }} as accounts
)
select
    accounts.company_id,
    accounts.id as account_id,
    accounts.number as account_number,
    accounts.name as account_name,
    accounts.type as account_type,
    accounts.ledger_type,
    accounts.ns4102_class,
    accounts.ns4102_group,
    accounts.saft_code,
    coalesce(groupings.grouping_category, lines.grouping_category) as grouping_category,
    accounts.grouping_code,
    groupings.name_nb as grouping_name_nb,
    groupings.name_en as grouping_name_en,
    lines.statement,
    lines.section,
    lines.line,
    lines.line_order,
    lines.name_nb as line_name_nb,
    lines.name_en as line_name_en,
    lines.cash_section,
    lines.cash_line_order,
    lines.cash_name_nb,
    lines.cash_name_en,
    case when accounts.ledger_type in ('CUSTOMER', 'VENDOR', 'EMPLOYEE') then 1 else 0 end
        as is_control_account,
    case when {{ is_true('accounts.is_inactive') }} then 0 else 1 end as is_active,
    accounts.vat_type_id
from accounts
left join {{ ref('account_groupings') }} as groupings
    on groupings.grouping_code = accounts.grouping_code
left join {{ ref('statement_lines') }} as lines
    on accounts.standard_number between lines.first_account and lines.last_account
