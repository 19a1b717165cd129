-- What is open of each supplier today, by days overdue.
select
    companies.company_id,
    aged.supplier_name as party,
    -aged.not_due as not_due,
    -aged.days_1_30 as days_1_30,
    -aged.days_31_60 as days_31_60,
    -aged.days_61_90 as days_61_90,
    -aged.days_over_90 as days_over_90,
    -aged.total as total
from companies
inner join aged_payables as aged
    on aged.company_id = companies.company_id and aged.as_of_day = companies.today
order by companies.company_id, -aged.total desc, aged.supplier_id
