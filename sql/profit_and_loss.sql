-- Profit and loss by month and account: income positive, costs negative.
-- Needs postings, accounts.
SELECT
    postings.company_id,
    CAST(DATE_TRUNC('month', CAST(postings.date AS DATE)) AS DATE) AS month,
    accounts.number AS account,
    accounts.name,
    accounts.type,
    -SUM(CAST(postings.amount AS DECIMAL(18, 2))) AS result
FROM postings
JOIN accounts
    ON accounts.company_id = postings.company_id AND accounts.id = postings.account_id
WHERE accounts.number BETWEEN 3000 AND 8999
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3;
