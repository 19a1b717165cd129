-- Resultatregnskap: the lines of the month and of the year so far, beside last year and the budget.
with lines as (
    select
        lines.company_id,
        lines.section,
        lines.line_order,
        lines.line_name_{language} as line,
        lines.result as result_of_month,
        lines.result_year_to_date,
        lines.result_last_year_to_date,
        lines.budget_year_to_date
    from companies
    inner join profit_and_loss as lines
        on lines.company_id = companies.company_id
        and lines.month = companies.month
        and lines.dimension = 'company'
),
subtotals as (
    select
        700 as line_order,
        case '{language}' when 'nb' then 'Driftsresultat' else 'Operating result' end as line
    union all
    select 880, case '{language}' when 'nb' then 'Resultat' else 'Result' end
)
select
    company_id,
    line_order,
    line,
    0 as is_total,
    sum(result_of_month) as result_of_month,
    sum(result_year_to_date) as result_year_to_date,
    sum(result_last_year_to_date) as result_last_year_to_date,
    sum(budget_year_to_date) as budget_year_to_date
from lines
group by company_id, line_order, line
having sum(result_year_to_date) <> 0
    or sum(result_last_year_to_date) <> 0
    or sum(budget_year_to_date) <> 0
    or sum(result_of_month) <> 0
union all
select
    lines.company_id,
    subtotals.line_order,
    subtotals.line,
    1,
    sum(lines.result_of_month),
    sum(lines.result_year_to_date),
    sum(lines.result_last_year_to_date),
    sum(lines.budget_year_to_date)
from lines
inner join subtotals on lines.line_order < subtotals.line_order
group by lines.company_id, subtotals.line_order, subtotals.line
order by 1, 2
