-- Sales by customer and product are the invoices of the month.
with invoices as (
    select company_id, {{ month_of('invoice_date') }} as month, sum(amount_excluding_vat) as net
    from {{ ref('stg_tripletex__invoices') }}
    group by company_id, {{ month_of('invoice_date') }}
),
sales as (
    select company_id, month, sum(net) as net
    from {{ ref('sales') }}
    group by company_id, month
)
select invoices.company_id, invoices.month, invoices.net, sales.net as sales
from invoices
left join sales on sales.company_id = invoices.company_id and sales.month = invoices.month
where invoices.net <> coalesce(sales.net, 0)
