-- General ledger: every posting with the balance of its account after it.
-- Needs postings, vouchers, accounts.
SELECT
    postings.company_id,
    accounts.number AS account,
    accounts.name AS account_name,
    CAST(postings.date AS DATE) AS date,
    vouchers.number AS voucher,
    NULLIF(postings.description, '') AS description,
    CAST(postings.amount AS DECIMAL(18, 2)) AS amount,
    SUM(CAST(postings.amount AS DECIMAL(18, 2))) OVER (
        PARTITION BY
            postings.company_id,
            postings.account_id,
            -- Result accounts start every year from zero.
            CASE WHEN accounts.number >= 3000
                THEN EXTRACT(YEAR FROM CAST(postings.date AS DATE))
            END
        ORDER BY CAST(postings.date AS DATE), postings.id
    ) AS balance
FROM postings
JOIN accounts
    ON accounts.company_id = postings.company_id AND accounts.id = postings.account_id
LEFT JOIN vouchers
    ON vouchers.company_id = postings.company_id AND vouchers.id = postings.voucher_id
ORDER BY postings.company_id, accounts.number, CAST(postings.date AS DATE), postings.id;
