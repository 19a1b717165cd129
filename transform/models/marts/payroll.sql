-- Lønn: what each employee was paid and what was withheld, by month and kind of pay. Empty unless
-- payslips were read.
select
    specifications.company_id,
    cast(concat(
        cast(payslips.year as {{ dbt.type_string() }}),
        case when payslips.month < 10 then '-0' else '-' end,
        cast(payslips.month as {{ dbt.type_string() }}),
        '-01'
    ) as date) as month,
    payslips.employee_id,
    employees.display_name as employee_name,
    specifications.salary_type_id,
    salary_types.number as salary_type_number,
    salary_types.name as salary_type_name,
    {{ quantity('coalesce(sum(specifications.count), 0)') }} as quantity,
    {{ sum_of('specifications.amount') }} as amount
from {{ ref('stg_tripletex__payslip_specifications') }} as specifications
inner join {{ ref('stg_tripletex__payslips') }} as payslips
    on payslips.company_id = specifications.company_id
    and payslips.id = specifications.payslip_id
left join {{ ref('stg_tripletex__employees') }} as employees
    on employees.company_id = payslips.company_id and employees.id = payslips.employee_id
left join {{ ref('stg_tripletex__salary_types') }} as salary_types
    on salary_types.company_id = specifications.company_id
    and salary_types.id = specifications.salary_type_id
group by
    specifications.company_id,
    payslips.year,
    payslips.month,
    payslips.employee_id,
    employees.display_name,
    specifications.salary_type_id,
    salary_types.number,
    salary_types.name
