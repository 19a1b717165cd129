-- Balanse: each line when the fiscal year began and now. Equity and debt are positive here.
with lines as (
    select
        companies.company_id,
        balances.section,
        balances.line_order,
        balances.line_name_{language} as line,
        case when balances.month = companies.fiscal_year_start then balances.opening else 0 end
            as opening,
        case when balances.month = companies.month then balances.closing else 0 end as closing,
        case when balances.section in ('fixed_assets', 'current_assets') then 1 else -1 end as sign
    from companies
    inner join balance_sheet as balances
        on balances.company_id = companies.company_id
        and balances.month in (companies.fiscal_year_start, companies.month)
)
select
    company_id,
    line_order,
    section,
    line,
    0 as is_total,
    sum(opening * sign) as opening,
    sum(closing * sign) as closing
from lines
group by company_id, line_order, section, line
having sum(opening) <> 0 or sum(closing) <> 0
union all
select
    company_id,
    case sign when 1 then 199 else 299 end,
    'total',
    case
        when sign = 1 and '{language}' = 'nb' then 'Sum eiendeler'
        when sign = 1 then 'Total assets'
        when '{language}' = 'nb' then 'Sum egenkapital og gjeld'
        else 'Total equity and debt'
    end,
    1,
    sum(opening * sign),
    sum(closing * sign)
from lines
group by company_id, sign
order by 1, 2
