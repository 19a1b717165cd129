-- Project economy: hours, and what has been invoiced and spent according to the ledger.
-- Needs projects, timesheet_entries, postings, accounts, invoices.
WITH work AS (
    SELECT
        company_id,
        project_id,
        SUM(CAST(hours AS DECIMAL(18, 2))) AS hours,
        SUM(CAST(chargeable_hours AS DECIMAL(18, 2))) AS chargeable_hours
    FROM timesheet_entries
    GROUP BY company_id, project_id
),
entries AS (
    SELECT
        postings.company_id,
        postings.project_id,
        accounts.number AS account,
        CAST(postings.amount AS DECIMAL(18, 2)) AS amount,
        EXISTS (
            SELECT 1 FROM invoices
            WHERE invoices.company_id = postings.company_id
            AND invoices.voucher_id = postings.voucher_id
        ) AS is_invoiced
    FROM postings
    JOIN accounts
        ON accounts.company_id = postings.company_id AND accounts.id = postings.account_id
    WHERE accounts.number BETWEEN 3000 AND 8999
),
money AS (
    SELECT
        company_id,
        project_id,
        SUM(CASE WHEN account < 4000 AND is_invoiced THEN -amount ELSE 0 END) AS invoiced,
        SUM(CASE WHEN account >= 4000 THEN amount ELSE 0 END) AS costs
    FROM entries
    GROUP BY company_id, project_id
)
SELECT
    projects.company_id,
    projects.number AS project,
    projects.name,
    COALESCE(work.hours, 0) AS hours,
    COALESCE(work.chargeable_hours, 0) AS chargeable_hours,
    COALESCE(money.invoiced, 0) AS invoiced,
    COALESCE(money.costs, 0) AS costs
FROM projects
LEFT JOIN work
    ON work.company_id = projects.company_id AND work.project_id = projects.id
LEFT JOIN money
    ON money.company_id = projects.company_id AND money.project_id = projects.id
ORDER BY projects.company_id, projects.id;
