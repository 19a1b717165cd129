-- Every posting with its voucher, its dimensions and the balance of its account after it.
with postings as (
    select
        postings.*,
        {{ month_of('postings.date') }} as month
    from {{ ref('stg_tripletex__postings') }} as postings
),
reversals as (
    select distinct company_id, reverse_voucher_id as voucher_id
    from {{ ref('stg_tripletex__vouchers') }}
    where reverse_voucher_id is not null
),
ledger as (
    select
        postings.company_id,
        postings.id as posting_id,
        postings.date,
        postings.month,
        periods.fiscal_year,
        postings.account_id,
        accounts.account_number,
        accounts.account_name,
        accounts.statement,
        postings.voucher_id,
        vouchers.number as voucher_number,
        vouchers.year as voucher_year,
        voucher_types.name as voucher_type,
        vouchers.document_id,
        case when vouchers.reverse_voucher_id is not null or reversals.voucher_id is not null
            then 1 else 0 end as is_reversed,
        nullif(postings.description, '') as description,
        postings.amount,
        postings.amount_gross,
        currencies.code as currency,
        postings.amount_currency,
        postings.vat_type_id,
        vat_types.number as vat_code,
        postings.customer_id,
        postings.supplier_id,
        postings.employee_id,
        postings.project_id,
        postings.department_id,
        postings.product_id,
        postings.free_accounting_dimension1_id,
        postings.free_accounting_dimension2_id,
        postings.free_accounting_dimension3_id,
        nullif(postings.invoice_number, '') as invoice_number,
        postings.close_group_id,
        case when {{ is_true('postings.system_generated') }} then 1 else 0 end as is_system_generated,
        case when accounts.statement = 'result' then periods.fiscal_year else 0 end as balance_since
    from postings
    left join {{ ref('dim_account') }} as accounts
        on accounts.company_id = postings.company_id and accounts.account_id = postings.account_id
    left join {{ ref('dim_period') }} as periods
        on periods.company_id = postings.company_id and periods.month = postings.month
    left join {{ ref('stg_tripletex__vouchers') }} as vouchers
        on vouchers.company_id = postings.company_id and vouchers.id = postings.voucher_id
    left join {{ ref('stg_tripletex__voucher_types') }} as voucher_types
        on voucher_types.company_id = vouchers.company_id
        and voucher_types.id = vouchers.voucher_type_id
    left join reversals
        on reversals.company_id = postings.company_id
        and reversals.voucher_id = postings.voucher_id
    left join {{ ref('stg_tripletex__currencies') }} as currencies
        on currencies.company_id = postings.company_id and currencies.id = postings.currency_id
    left join {{ ref('stg_tripletex__vat_types') }} as vat_types
        on vat_types.company_id = postings.company_id and vat_types.id = postings.vat_type_id
)
select
    ledger.*,
    {{ amount("coalesce(openings.opening, 0) + sum(ledger.amount) over (
        partition by ledger.company_id, ledger.account_id, ledger.balance_since
        order by ledger.date, ledger.posting_id
        rows between unbounded preceding and current row
    )") }} as running_balance
from ledger
left join {{ ref('int_opening_balances') }} as openings
    on openings.company_id = ledger.company_id
    and openings.account_id = ledger.account_id
    and openings.balance_since = ledger.balance_since
