-- Departments.
select
    company_id,
    id as department_id,
    nullif(department_number, '') as department_number,
    name as department_name,
    department_manager_id,
    case when {{ is_true('is_inactive') }} then 0 else 1 end as is_active
from {{ ref('stg_tripletex__departments') }}
