-- Aged receivables: what each customer owes today, by days past the due date of the invoice.
-- Needs open_postings, accounts, customers, invoices.
WITH snapshots AS (
    SELECT
        open_postings.*,
        RANK() OVER (
            PARTITION BY company_id ORDER BY as_of_date DESC, synced_at DESC
        ) AS age
    FROM open_postings
),
items AS (
    SELECT
        snapshots.company_id,
        snapshots.customer_id,
        CAST(snapshots.amount AS DECIMAL(18, 2)) AS amount,
        CAST(snapshots.as_of_date AS DATE)
        - CAST(COALESCE(MAX(invoices.invoice_due_date), snapshots.date) AS DATE) AS days_late
    FROM snapshots
    JOIN accounts
        ON accounts.company_id = snapshots.company_id AND accounts.id = snapshots.account_id
    LEFT JOIN invoices
        ON invoices.company_id = snapshots.company_id
        AND invoices.customer_id = snapshots.customer_id
        AND (
            invoices.voucher_id = snapshots.voucher_id
            OR CAST(invoices.invoice_number AS VARCHAR) = snapshots.invoice_number
        )
    WHERE snapshots.age = 1 AND accounts.ledger_type = 'CUSTOMER'
    GROUP BY
        snapshots.company_id,
        snapshots.id,
        snapshots.customer_id,
        snapshots.amount,
        snapshots.as_of_date,
        snapshots.date
)
SELECT
    items.company_id,
    customers.customer_number,
    customers.name AS customer,
    SUM(CASE WHEN days_late <= 0 THEN amount ELSE 0 END) AS not_due,
    SUM(CASE WHEN days_late BETWEEN 1 AND 30 THEN amount ELSE 0 END) AS days_1_30,
    SUM(CASE WHEN days_late BETWEEN 31 AND 60 THEN amount ELSE 0 END) AS days_31_60,
    SUM(CASE WHEN days_late BETWEEN 61 AND 90 THEN amount ELSE 0 END) AS days_61_90,
    SUM(CASE WHEN days_late > 90 THEN amount ELSE 0 END) AS days_over_90,
    SUM(amount) AS total
FROM items
LEFT JOIN customers
    ON customers.company_id = items.company_id AND customers.id = items.customer_id
GROUP BY items.company_id, items.customer_id, customers.customer_number, customers.name
ORDER BY items.company_id, customers.customer_number, items.customer_id;
