-- Every account has, in every month, the figure that Tripletex's own trial balance has.
select company_id, month, account_number, net, tripletex_net, closing, tripletex_closing, difference
from {{ ref('trial_balance') }}
where difference <> 0
