-- Open items: what customers and suppliers have not settled, at the latest snapshot (today).
-- Needs open_postings, accounts, customers, suppliers.
WITH snapshots AS (
    SELECT
        open_postings.*,
        RANK() OVER (
            PARTITION BY company_id ORDER BY as_of_date DESC, synced_at DESC
        ) AS age
    FROM open_postings
)
SELECT
    snapshots.company_id,
    CASE accounts.ledger_type WHEN 'CUSTOMER' THEN 'customer' ELSE 'supplier' END AS ledger,
    COALESCE(customers.customer_number, suppliers.supplier_number) AS number,
    COALESCE(customers.name, suppliers.name) AS name,
    CAST(snapshots.date AS DATE) AS date,
    NULLIF(snapshots.invoice_number, '') AS invoice_number,
    NULLIF(snapshots.description, '') AS description,
    CAST(snapshots.amount AS DECIMAL(18, 2)) AS amount
FROM snapshots
JOIN accounts
    ON accounts.company_id = snapshots.company_id AND accounts.id = snapshots.account_id
LEFT JOIN customers
    ON customers.company_id = snapshots.company_id AND customers.id = snapshots.customer_id
LEFT JOIN suppliers
    ON suppliers.company_id = snapshots.company_id AND suppliers.id = snapshots.supplier_id
WHERE snapshots.age = 1 AND accounts.ledger_type IN ('CUSTOMER', 'VENDOR')
ORDER BY snapshots.company_id, ledger, number, CAST(snapshots.date AS DATE), snapshots.id;
