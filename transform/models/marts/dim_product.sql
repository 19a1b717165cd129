-- Products.
select
    products.company_id,
    products.id as product_id,
    nullif(products.number, '') as product_number,
    products.name as product_name,
    units.name as product_unit,
    products.department_id,
    products.supplier_id,
    products.account_id,
    products.price_excluding_vat_currency,
    products.cost_excluding_vat_currency,
    case when {{ is_true('products.is_stock_item') }} then 1 else 0 end as is_stock_item,
    case when {{ is_true('products.is_inactive') }} then 0 else 1 end as is_active
from {{ ref('stg_tripletex__products') }} as products
left join {{ ref('stg_tripletex__product_units') }} as units
    on units.company_id = products.company_id and units.id = products.product_unit_id
