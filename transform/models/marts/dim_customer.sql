-- Customers.
select
    customers.company_id,
    customers.id as customer_id,
    customers.customer_number,
    customers.name as customer_name,
    nullif(customers.organization_number, '') as organization_number,
    case when {{ is_true('customers.is_private_individual') }} then 1 else 0 end
        as is_private_individual,
    case when {{ is_true('customers.is_inactive') }} then 0 else 1 end as is_active,
    categories.name as customer_category,
    customers.account_manager_id,
    customers.department_id,
    customers.invoices_due_in,
    customers.invoices_due_in_type,
    nullif(customers.email, '') as email
from {{ ref('stg_tripletex__customers') }} as customers
left join {{ ref('stg_tripletex__customer_categories') }} as categories
    on categories.company_id = customers.company_id and categories.id = customers.category1_id
