-- Saldobalanse of the month, beside what Tripletex says was booked in it.
select
    companies.company_id,
    accounts.account_number,
    accounts.account_name,
    accounts.closing as account_balance,
    accounts.net as net_of_month,
    accounts.tripletex_net,
    accounts.difference
from companies
inner join trial_balance as accounts
    on accounts.company_id = companies.company_id and accounts.month = companies.month
order by companies.company_id, accounts.account_number nulls last
