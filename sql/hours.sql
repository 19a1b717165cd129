-- Hours by month, employee and project; without a project for general activities.
-- Needs timesheet_entries, employees, projects.
SELECT
    timesheet_entries.company_id,
    CAST(DATE_TRUNC('month', CAST(timesheet_entries.date AS DATE)) AS DATE) AS month,
    employees.display_name AS employee,
    projects.number AS project,
    projects.name AS project_name,
    SUM(CAST(timesheet_entries.hours AS DECIMAL(18, 2))) AS hours,
    SUM(CAST(timesheet_entries.chargeable_hours AS DECIMAL(18, 2))) AS chargeable_hours
FROM timesheet_entries
LEFT JOIN employees
    ON employees.company_id = timesheet_entries.company_id
    AND employees.id = timesheet_entries.employee_id
LEFT JOIN projects
    ON projects.company_id = timesheet_entries.company_id
    AND projects.id = timesheet_entries.project_id
GROUP BY 1, 2, timesheet_entries.employee_id, 3, timesheet_entries.project_id, 4, 5
ORDER BY 1, 2, timesheet_entries.employee_id, timesheet_entries.project_id NULLS LAST;
