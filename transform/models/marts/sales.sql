-- Salg: what each customer was invoiced for each product in each month, without VAT, in kroner.
with lines as (
    select
        lines.company_id,
        lines.invoice_id,
        lines.product_id,
        lines.count,
        -- Lines are in the invoice's currency; kroner follow the invoice's own total.
        {{ amount('case when invoices.amount_excluding_vat = invoices.amount_excluding_vat_currency
            or coalesce(invoices.amount_excluding_vat_currency, 0) = 0
            then lines.amount_excluding_vat_currency
            else lines.amount_excluding_vat_currency * invoices.amount_excluding_vat
                / invoices.amount_excluding_vat_currency end') }} as net,
        {{ amount('case when invoices.amount_excluding_vat = invoices.amount_excluding_vat_currency
            or coalesce(invoices.amount_excluding_vat_currency, 0) = 0
            then coalesce(lines.unit_cost_currency, 0) * lines.count
            else coalesce(lines.unit_cost_currency, 0) * lines.count
                * invoices.amount_excluding_vat / invoices.amount_excluding_vat_currency end') }} as cost
    from {{ ref('stg_tripletex__invoice_order_lines') }} as lines
    inner join {{ ref('stg_tripletex__invoices') }} as invoices
        on invoices.company_id = lines.company_id and invoices.id = lines.invoice_id
),
invoiced as (
    select company_id, invoice_id, sum(net) as net
    from lines
    group by company_id, invoice_id
),
-- What an invoice has besides its lines, such as a credit note's whole amount or a rounding.
parts as (
    select company_id, invoice_id, product_id, count as quantity, net, cost
    from lines
    union all
    select
        invoices.company_id,
        invoices.id,
        null,
        0,
        invoices.amount_excluding_vat - coalesce(invoiced.net, 0),
        0
    from {{ ref('stg_tripletex__invoices') }} as invoices
    left join invoiced
        on invoiced.company_id = invoices.company_id and invoiced.invoice_id = invoices.id
    where invoices.amount_excluding_vat <> coalesce(invoiced.net, 0)
),
months as (
    select
        parts.company_id,
        {{ month_of('invoices.invoice_date') }} as month,
        invoices.customer_id,
        parts.product_id,
        sum(parts.quantity) as quantity,
        sum(parts.net) as net,
        sum(parts.cost) as cost
    from parts
    inner join {{ ref('stg_tripletex__invoices') }} as invoices
        on invoices.company_id = parts.company_id and invoices.id = parts.invoice_id
    group by
        parts.company_id,
        {{ month_of('invoices.invoice_date') }},
        invoices.customer_id,
        parts.product_id
),
customers as (
    select
        company_id,
        month,
        customer_id,
        rank() over (partition by company_id, month order by sum(net) desc) as customer_rank
    from months
    group by company_id, month, customer_id
),
products as (
    select
        company_id,
        month,
        product_id,
        rank() over (partition by company_id, month order by sum(net) desc) as product_rank
    from months
    where product_id is not null
    group by company_id, month, product_id
)
select
    months.company_id,
    months.month,
    months.customer_id,
    dim_customer.customer_number,
    dim_customer.customer_name,
    months.product_id,
    dim_product.product_number,
    dim_product.product_name,
    {{ quantity('months.quantity') }} as quantity,
    {{ amount('months.net') }} as net,
    {{ amount('months.cost') }} as cost,
    {{ amount('months.net - months.cost') }} as margin,
    customers.customer_rank,
    products.product_rank
from months
left join customers
    on customers.company_id = months.company_id
    and customers.month = months.month
    and customers.customer_id = months.customer_id
left join products
    on products.company_id = months.company_id
    and products.month = months.month
    and products.product_id = months.product_id
left join {{ ref('dim_customer') }} as dim_customer
    on dim_customer.company_id = months.company_id
    and dim_customer.customer_id = months.customer_id
left join {{ ref('dim_product') }} as dim_product
    on dim_product.company_id = months.company_id
    and dim_product.product_id = months.product_id
