-- Customer ledger: every posting on a customer's account with the balance after it.
-- Needs postings, vouchers, accounts, customers.
SELECT
    postings.company_id,
    customers.customer_number,
    customers.name AS customer,
    CAST(postings.date AS DATE) AS date,
    vouchers.number AS voucher,
    NULLIF(postings.invoice_number, '') AS invoice_number,
    NULLIF(postings.description, '') AS description,
    CAST(postings.amount AS DECIMAL(18, 2)) AS amount,
    SUM(CAST(postings.amount AS DECIMAL(18, 2))) OVER (
        PARTITION BY postings.company_id, postings.customer_id
        ORDER BY CAST(postings.date AS DATE), postings.id
    ) AS balance
FROM postings
JOIN accounts
    ON accounts.company_id = postings.company_id AND accounts.id = postings.account_id
LEFT JOIN customers
    ON customers.company_id = postings.company_id AND customers.id = postings.customer_id
LEFT JOIN vouchers
    ON vouchers.company_id = postings.company_id AND vouchers.id = postings.voucher_id
WHERE accounts.ledger_type = 'CUSTOMER'
ORDER BY
    postings.company_id,
    customers.customer_number,
    postings.customer_id,
    CAST(postings.date AS DATE),
    postings.id;
