-- VAT by term of two months and VAT code: the base, and the VAT owed (output) and deducted (input).
-- Needs postings, vat_types.
WITH lines AS (
    SELECT
        postings.company_id,
        CAST(EXTRACT(YEAR FROM CAST(postings.date AS DATE)) AS INTEGER) AS year,
        CAST(FLOOR((EXTRACT(MONTH FROM CAST(postings.date AS DATE)) + 1) / 2) AS INTEGER) AS term,
        vat_types.id AS vat_type_id,
        vat_types.number AS code,
        vat_types.name,
        -- The digits are the official code; Tripletex has variants such as 86-K and UTTAK-3.
        REGEXP_REPLACE(vat_types.number, '[^0-9]', '', 'g') AS official,
        vat_types.percentage,
        CAST(postings.amount AS DECIMAL(18, 2)) AS amount,
        CASE
            -- Reverse charge: the seller has added no VAT.
            WHEN vat_types.percentage < 0 THEN CAST(
                CAST(postings.amount AS DECIMAL(18, 2))
                * CAST(vat_types.percentage AS DECIMAL(9, 2)) * -0.01 AS DECIMAL(18, 2)
            )
            -- The amount itself is VAT, posted straight to its account.
            WHEN vat_types.percentage = 100 THEN CAST(postings.amount AS DECIMAL(18, 2))
            ELSE CAST(postings.amount_gross AS DECIMAL(18, 2))
                - CAST(postings.amount AS DECIMAL(18, 2))
        END AS vat
    FROM postings
    JOIN vat_types
        ON vat_types.company_id = postings.company_id AND vat_types.id = postings.vat_type_id
    WHERE vat_types.number <> '0'
),
sides AS (
    SELECT
        lines.*,
        CASE
            WHEN SUBSTR(official, 1, 1) IN ('3', '4', '5', '6', '7') THEN 'output'
            WHEN official IN ('81', '83', '86', '88', '91') THEN 'both'
            WHEN SUBSTR(official, 1, 1) IN ('8', '9') THEN 'reverse charge, not deducted'
            ELSE 'input'
        END AS side
    FROM lines
)
SELECT
    company_id,
    year,
    term,
    code,
    name,
    SUM(
        CASE WHEN percentage = 100 THEN 0 WHEN side = 'output' THEN -amount ELSE amount END
    ) AS base,
    SUM(CASE side WHEN 'output' THEN -vat WHEN 'input' THEN 0 ELSE vat END) AS output_vat,
    SUM(CASE WHEN side IN ('input', 'both') THEN vat ELSE 0 END) AS input_vat
FROM sides
GROUP BY company_id, year, term, vat_type_id, code, name
ORDER BY company_id, year, term, vat_type_id;
