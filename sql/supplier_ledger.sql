-- Supplier ledger: every posting on a supplier's account with the balance after it.
-- Needs postings, vouchers, accounts, suppliers.
SELECT
    postings.company_id,
    suppliers.supplier_number,
    suppliers.name AS supplier,
    CAST(postings.date AS DATE) AS date,
    vouchers.number AS voucher,
    NULLIF(postings.invoice_number, '') AS invoice_number,
    NULLIF(postings.description, '') AS description,
    CAST(postings.amount AS DECIMAL(18, 2)) AS amount,
    SUM(CAST(postings.amount AS DECIMAL(18, 2))) OVER (
        PARTITION BY postings.company_id, postings.supplier_id
        ORDER BY CAST(postings.date AS DATE), postings.id
    ) AS balance
FROM postings
JOIN accounts
    ON accounts.company_id = postings.company_id AND accounts.id = postings.account_id
LEFT JOIN suppliers
    ON suppliers.company_id = postings.company_id AND suppliers.id = postings.supplier_id
LEFT JOIN vouchers
    ON vouchers.company_id = postings.company_id AND vouchers.id = postings.voucher_id
WHERE accounts.ledger_type = 'VENDOR'
ORDER BY
    postings.company_id,
    suppliers.supplier_number,
    postings.supplier_id,
    CAST(postings.date AS DATE),
    postings.id;
