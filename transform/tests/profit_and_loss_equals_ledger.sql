-- The result is that of the ledger, and the same by department and by project.
with ledger as (
    select company_id, month, sum(-amount) as result
    from {{ ref('general_ledger') }}
    where statement = 'result'
    group by company_id, month
),
statements as (
    select company_id, dimension, month, sum(result) as result
    from {{ ref('profit_and_loss') }}
    group by company_id, dimension, month
)
select statements.company_id, statements.dimension, statements.month, statements.result,
    ledger.result as ledger_result
from statements
left join ledger
    on ledger.company_id = statements.company_id and ledger.month = statements.month
where statements.result <> coalesce(ledger.result, 0)
union all
select ledger.company_id, dimensions.dimension, ledger.month, statements.result, ledger.result
from ledger
cross join (select distinct dimension from statements) as dimensions
left join statements
    on statements.company_id = ledger.company_id
    and statements.month = ledger.month
    and statements.dimension = dimensions.dimension
where statements.result is null and ledger.result <> 0
