"""What the accounting models say, to look at: a page with charts, a workbook, a few lines of text.

Stands apart from the tap: it reads the marts that dbt has made, in DuckDB or PostgreSQL.
"""
