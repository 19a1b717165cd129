-- Payroll by month and salary type. Needs payslips, payslip_specifications and salary_types;
-- the first two are read only with include: pay.
SELECT
    payslips.company_id,
    MAKE_DATE(CAST(payslips.year AS INTEGER), CAST(payslips.month AS INTEGER), 1) AS month,
    salary_types.number AS salary_type,
    salary_types.name,
    COUNT(DISTINCT payslips.employee_id) AS employees,
    SUM(CAST(payslip_specifications.amount AS DECIMAL(18, 2))) AS amount
FROM payslip_specifications
JOIN payslips
    ON payslips.company_id = payslip_specifications.company_id
    AND payslips.id = payslip_specifications.payslip_id
LEFT JOIN salary_types
    ON salary_types.company_id = payslip_specifications.company_id
    AND salary_types.id = payslip_specifications.salary_type_id
GROUP BY 1, 2, payslip_specifications.salary_type_id, 3, 4
ORDER BY 1, 2, 3, payslip_specifications.salary_type_id;
