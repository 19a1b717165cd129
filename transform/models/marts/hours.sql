-- Timer: every entry of the timesheets.
select
    entries.company_id,
    entries.id as timesheet_entry_id,
    entries.date,
    {{ month_of('entries.date') }} as month,
    entries.employee_id,
    employees.display_name as employee_name,
    entries.project_id,
    projects.number as project_number,
    projects.name as project_name,
    entries.activity_id,
    activities.name as activity_name,
    entries.hours,
    coalesce(entries.chargeable_hours, 0) as chargeable_hours,
    entries.hourly_rate,
    {{ amount('coalesce(entries.chargeable_hours, 0) * coalesce(entries.hourly_rate, 0)') }}
        as chargeable_amount,
    entries.invoice_id,
    -- The part of the hours that is chargeable; add hours up before dividing.
    {{ quantity('coalesce(entries.chargeable_hours, 0) / nullif(entries.hours, 0)') }}
        as utilisation,
    nullif(entries.comment, '') as comment
from {{ ref('stg_tripletex__timesheet_entries') }} as entries
left join {{ ref('stg_tripletex__employees') }} as employees
    on employees.company_id = entries.company_id and employees.id = entries.employee_id
left join {{ ref('stg_tripletex__projects') }} as projects
    on projects.company_id = entries.company_id and projects.id = entries.project_id
left join {{ ref('stg_tripletex__activities') }} as activities
    on activities.company_id = entries.company_id and activities.id = entries.activity_id
