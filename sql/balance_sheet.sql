-- Balance sheet at the end of each month: balance accounts, and the result that is not yet
-- allocated, so that every month adds up to 0. Needs balance_sheet, accounts.
WITH months AS (
    SELECT
        balance_sheet.company_id,
        CAST(balance_sheet.start_date AS DATE) AS month,
        accounts.number AS account,
        accounts.name,
        CAST(balance_sheet.balance_change AS DECIMAL(18, 2)) AS change,
        CAST(balance_sheet.balance_out AS DECIMAL(18, 2)) AS balance
    FROM balance_sheet
    JOIN accounts
        ON accounts.company_id = balance_sheet.company_id
        AND accounts.id = balance_sheet.account_id
),
results AS (
    SELECT company_id, month, SUM(change) AS change
    FROM months
    WHERE account >= 3000
    GROUP BY company_id, month
)
SELECT company_id, month, account, name, balance
FROM months
WHERE account < 3000 AND balance <> 0
UNION ALL
SELECT
    company_id,
    month,
    NULL,
    'Result, not yet allocated',
    SUM(change) OVER (PARTITION BY company_id ORDER BY month)
FROM results
ORDER BY company_id, month, account NULLS LAST;
