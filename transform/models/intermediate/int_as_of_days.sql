-- The days that open items are sorted by age on: the end of each past month, today, and the days in
-- the variable as_of_days.
select periods.company_id, periods.month_end as as_of_day
from {{ ref('dim_period') }} as periods
inner join {{ ref('int_company_days') }} as days
    on days.company_id = periods.company_id and periods.month_end < days.today
{{ union_distinct() }}
select company_id, today
from {{ ref('int_company_days') }}
{%- for day in var('as_of_days') %}
{{ union_distinct() }}
select company_id, cast('{{ day }}' as date)
from {{ ref('int_company_days') }}
{%- endfor %}
