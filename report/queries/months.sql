-- Revenue and result of each month of the fiscal year, beside the same month a year before.
select
    companies.company_id,
    periods.month,
    case when periods.month <= companies.month then coalesce(sum(
        case when lines.section = 'operating_income' then lines.result end), 0) end as revenue,
    coalesce(sum(case when lines.section = 'operating_income' then lines.result_last_year end), 0)
        as revenue_last_year,
    case when periods.month <= companies.month then coalesce(sum(lines.result), 0) end as result,
    coalesce(sum(lines.result_last_year), 0) as result_last_year
from companies
inner join dim_period as periods
    on periods.company_id = companies.company_id and periods.fiscal_year = companies.fiscal_year
left join profit_and_loss as lines
    on lines.company_id = companies.company_id
    and lines.month = periods.month
    and lines.dimension = 'company'
    and lines.section <> 'appropriations'
group by companies.company_id, companies.month, periods.month
order by companies.company_id, periods.month
