-- Employees: name, number and department, nothing personal.
select
    employees.company_id,
    employees.id as employee_id,
    nullif(employees.employee_number, '') as employee_number,
    employees.display_name as employee_name,
    employees.department_id,
    departments.name as department_name,
    case when {{ is_true('employees.is_contact') }} then 1 else 0 end as is_contact
from {{ ref('stg_tripletex__employees') }} as employees
left join {{ ref('stg_tripletex__departments') }} as departments
    on departments.company_id = employees.company_id and departments.id = employees.department_id
