-- Hours by project in the fiscal year.
select
    companies.company_id,
    coalesce(
        max(hours.project_name),
        case '{language}' when 'nb' then 'Uten prosjekt' else 'Without project' end
    ) as project,
    sum(hours.chargeable_hours) as chargeable_hours,
    sum(hours.hours) - sum(hours.chargeable_hours) as other_hours,
    sum(hours.hours) as hours
from companies
inner join hours
    on hours.company_id = companies.company_id
    and hours.date between companies.fiscal_year_start and companies.today
group by companies.company_id, hours.project_id
order by companies.company_id, sum(hours.hours) desc, hours.project_id
