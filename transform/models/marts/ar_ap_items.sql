-- Åpne poster: every item on the accounts of customers and suppliers, when it fell due and when it
-- was settled. Customers' items are positive, suppliers' negative, payments the other way round.
with invoices as (
    select
        company_id,
        id as invoice_id,
        voucher_id,
        customer_id,
        cast(invoice_number as {{ dbt.type_string() }}) as invoice_number,
        invoice_due_date as due_date
    from {{ ref('stg_tripletex__invoices') }}
),
numbered_invoices as (
    select company_id, customer_id, invoice_number, max(invoice_id) as invoice_id,
        max(due_date) as due_date
    from invoices
    group by company_id, customer_id, invoice_number
),
invoice_vouchers as (
    select company_id, voucher_id, max(invoice_id) as invoice_id, max(due_date) as due_date
    from invoices
    where voucher_id is not null
    group by company_id, voucher_id
),
supplier_invoices as (
    select
        company_id,
        id as supplier_invoice_id,
        voucher_id,
        supplier_id,
        invoice_number,
        invoice_due_date as due_date
    from {{ ref('stg_tripletex__supplier_invoices') }}
),
numbered_supplier_invoices as (
    select company_id, supplier_id, invoice_number, max(supplier_invoice_id) as invoice_id,
        max(due_date) as due_date
    from supplier_invoices
    group by company_id, supplier_id, invoice_number
),
supplier_invoice_vouchers as (
    select company_id, voucher_id, max(supplier_invoice_id) as invoice_id,
        max(due_date) as due_date
    from supplier_invoices
    where voucher_id is not null
    group by company_id, voucher_id
),
items as (
    select
        ledger.company_id,
        case accounts.ledger_type when 'CUSTOMER' then 'customer' else 'supplier' end as ledger,
        ledger.posting_id,
        ledger.account_id,
        ledger.account_number,
        ledger.voucher_id,
        ledger.voucher_number,
        case accounts.ledger_type when 'CUSTOMER' then ledger.customer_id else ledger.supplier_id end
            as party_id,
        case accounts.ledger_type
            when 'CUSTOMER' then customers.customer_number else suppliers.supplier_number
        end as party_number,
        case accounts.ledger_type when 'CUSTOMER' then customers.name else suppliers.name end
            as party_name,
        ledger.invoice_number,
        coalesce(
            invoice_vouchers.invoice_id,
            numbered_invoices.invoice_id,
            supplier_invoice_vouchers.invoice_id,
            numbered_supplier_invoices.invoice_id
        ) as invoice_id,
        ledger.description,
        ledger.date as item_date,
        coalesce(
            invoice_vouchers.due_date,
            numbered_invoices.due_date,
            supplier_invoice_vouchers.due_date,
            numbered_supplier_invoices.due_date,
            ledger.date
        ) as due_date,
        close_groups.date as closed_on,
        ledger.currency,
        ledger.amount_currency,
        ledger.amount,
        days.today
    from {{ ref('general_ledger') }} as ledger
    inner join {{ ref('dim_account') }} as accounts
        on accounts.company_id = ledger.company_id
        and accounts.account_id = ledger.account_id
        and accounts.ledger_type in ('CUSTOMER', 'VENDOR')
    left join {{ ref('int_company_days') }} as days on days.company_id = ledger.company_id
    left join {{ ref('stg_tripletex__close_groups') }} as close_groups
        on close_groups.company_id = ledger.company_id and close_groups.id = ledger.close_group_id
    left join {{ ref('stg_tripletex__customers') }} as customers
        on customers.company_id = ledger.company_id and customers.id = ledger.customer_id
    left join {{ ref('stg_tripletex__suppliers') }} as suppliers
        on suppliers.company_id = ledger.company_id and suppliers.id = ledger.supplier_id
    left join invoice_vouchers
        on invoice_vouchers.company_id = ledger.company_id
        and invoice_vouchers.voucher_id = ledger.voucher_id
        and accounts.ledger_type = 'CUSTOMER'
    left join numbered_invoices
        on numbered_invoices.company_id = ledger.company_id
        and numbered_invoices.customer_id = ledger.customer_id
        and numbered_invoices.invoice_number = ledger.invoice_number
        and accounts.ledger_type = 'CUSTOMER'
    left join supplier_invoice_vouchers
        on supplier_invoice_vouchers.company_id = ledger.company_id
        and supplier_invoice_vouchers.voucher_id = ledger.voucher_id
        and accounts.ledger_type = 'VENDOR'
    left join numbered_supplier_invoices
        on numbered_supplier_invoices.company_id = ledger.company_id
        and numbered_supplier_invoices.supplier_id = ledger.supplier_id
        and numbered_supplier_invoices.invoice_number = ledger.invoice_number
        and accounts.ledger_type = 'VENDOR'
)
select
    items.*,
    case when item_date <= today and (closed_on is null or closed_on > today) then 1 else 0 end
        as is_open,
    {{ amount('case when item_date <= today and (closed_on is null or closed_on > today)
        then amount else 0 end') }} as open_amount,
    {{ amount('case when item_date <= today and (closed_on is null or closed_on > today)
        then 0 else amount end') }} as settled_amount,
    case when item_date <= today and (closed_on is null or closed_on > today)
        and due_date < today then {{ days_between('due_date', 'today') }} end as days_overdue
from items
