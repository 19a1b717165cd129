-- Trial balance: what the postings add up to, beside what Tripletex itself says.
WITH books AS (
    SELECT account_id, CAST(SUM(CAST(amount AS DECIMAL(18, 2))) AS DECIMAL(18, 2)) AS balance
    FROM postings
    GROUP BY account_id
),
tripletex AS (
    SELECT account_id, CAST(SUM(CAST(balance_change AS DECIMAL(18, 2))) AS DECIMAL(18, 2)) AS balance
    FROM balance_sheet
    GROUP BY account_id
)
SELECT
    accounts.number AS account,
    accounts.name,
    COALESCE(books.balance, 0) AS postings,
    COALESCE(tripletex.balance, 0) AS tripletex,
    COALESCE(books.balance, 0) - COALESCE(tripletex.balance, 0) AS difference
FROM accounts
LEFT JOIN books ON books.account_id = accounts.id
LEFT JOIN tripletex ON tripletex.account_id = accounts.id
WHERE COALESCE(books.balance, 0) <> 0 OR COALESCE(tripletex.balance, 0) <> 0
ORDER BY accounts.number;
