-- Sales to each customer in the fiscal year, beside the same months a year before.
with sums as (
    select
        companies.company_id,
        sales.customer_id,
        max(sales.customer_name) as customer,
        sum(case when periods.fiscal_year = companies.fiscal_year then sales.net else 0 end) as net,
        sum(case when periods.fiscal_year < companies.fiscal_year then sales.net else 0 end)
            as net_last_year
    from companies
    inner join sales on sales.company_id = companies.company_id
    inner join dim_period as periods
        on periods.company_id = companies.company_id and periods.month = sales.month
    where
        (periods.fiscal_year = companies.fiscal_year and sales.month <= companies.month)
        or (
            periods.fiscal_year = companies.fiscal_year - 1
            and sales.month <= companies.month - interval '12 months'
        )
    group by companies.company_id, sales.customer_id
)
select company_id, customer, net, net_last_year
from sums
where net <> 0 or net_last_year <> 0
order by company_id, net desc, customer_id
