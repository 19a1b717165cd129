-- Suppliers.
select
    company_id,
    id as supplier_id,
    supplier_number,
    name as supplier_name,
    nullif(organization_number, '') as organization_number,
    case when {{ is_true('is_private_individual') }} then 1 else 0 end as is_private_individual,
    case when {{ is_true('is_inactive') }} then 0 else 1 end as is_active,
    account_manager_id,
    nullif(email, '') as email
from {{ ref('stg_tripletex__suppliers') }}
