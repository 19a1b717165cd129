-- The flows add up to the change in cash, and that leads from the beginning to the end.
with months as (
    select
        company_id,
        month,
        sum(case when section <> 'cash' then amount else 0 end) as flows,
        sum(case when line_order = 910 then amount else 0 end) as beginning,
        sum(case when line_order = 920 then amount else 0 end) as change,
        sum(case when line_order = 930 then amount else 0 end) as ending
    from {{ ref('cash_flow_statement') }}
    group by company_id, month
)
select *
from months
where flows <> change or beginning + change <> ending
