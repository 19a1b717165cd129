-- Each company, the day that its books are looked at, and the month and fiscal year of that day.
select
    days.company_id,
    names.company_name,
    days.today,
    periods.month,
    periods.fiscal_year,
    periods.fiscal_year_start
from (
    select liquidity_30_days.company_id, min(liquidity_30_days.day) as today
    from liquidity_30_days
    group by liquidity_30_days.company_id
) as days
inner join dim_period as periods
    on periods.company_id = days.company_id
    and periods.month = (
        select max(latest.month)
        from dim_period as latest
        where latest.company_id = days.company_id and latest.month <= days.today
    )
left join (
    select group_consolidated.company_id, max(group_consolidated.company_name) as company_name
    from group_consolidated
    group by group_consolidated.company_id
) as names on names.company_id = days.company_id
