-- Projects.
select
    projects.company_id,
    projects.id as project_id,
    projects.number as project_number,
    projects.name as project_name,
    projects.main_project_id,
    projects.customer_id,
    customers.name as customer_name,
    projects.project_manager_id,
    managers.display_name as project_manager_name,
    projects.department_id,
    categories.name as project_category,
    projects.start_date,
    projects.end_date,
    case when {{ is_true('projects.is_closed') }} then 0 else 1 end as is_active,
    case when {{ is_true('projects.is_internal') }} then 1 else 0 end as is_internal,
    case when {{ is_true('projects.is_fixed_price') }} then 1 else 0 end as is_fixed_price
from {{ ref('stg_tripletex__projects') }} as projects
left join {{ ref('stg_tripletex__customers') }} as customers
    on customers.company_id = projects.company_id and customers.id = projects.customer_id
left join {{ ref('stg_tripletex__employees') }} as managers
    on managers.company_id = projects.company_id and managers.id = projects.project_manager_id
left join {{ ref('stg_tripletex__project_categories') }} as categories
    on categories.company_id = projects.company_id and categories.id = projects.project_category_id
