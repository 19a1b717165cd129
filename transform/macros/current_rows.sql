{# The rows of a table that still exist, each column in its real type; no rows where the loader has
   made no such table. The rule itself is in rule.sql.

   table: of the loader.
   columns: their kinds, by name.
   date: the column that the windows are cut by, if the table is read by windows. #}
{% macro current_rows(table, columns, date=none) %}
{%- set found = tripletex.names_in(table, columns) -%}
{%- set windows = source('tripletex', 'sync_windows') -%}
{%- set synced_at = tripletex.typed('loaded.' ~ tripletex.quoted('synced_at'), 'timestamp') -%}
{%- set day = tripletex.typed('loaded.' ~ tripletex.quoted(date), 'date') if date -%}
{%- set ruled = found
    and table.identifier != windows.identifier
    and tripletex.names_in(windows, ['complete']) -%}
{% if ruled -%}
with {{ tripletex.rights(table) }}
{{ tripletex.read_days(table, day) if date else tripletex.read_whole(table) }}
{%- endif -%}
select{{ tripletex.typed_columns(columns, found) }}
{% if not found -%}
from (select 1 as nothing) as loaded
where 1 = 0
{%- else -%}
from {{ table }} as loaded
{%- if ruled %}
{{ tripletex.join_read_days() }}{{ tripletex.join_read_day(day) if date }}
where {{ tripletex.row_exists(synced_at) }}
{%- endif %}
{%- endif %}
{% endmacro %}

{# What was read, and when: sync_windows in its real types. #}
{% macro readings() %}
{%- set windows = source('tripletex', 'sync_windows') -%}
{%- set columns = tripletex.reading_columns() -%}
select {{ tripletex.typed_columns(columns, tripletex.names_in(windows, columns)) }}
from {{ windows }} as loaded
{%- endmacro %}

{% macro typed_columns(columns, found) %}
{%- set types, casts, plain = tripletex.type_names(), tripletex.casts(), tripletex.plain_cast() -%}
{%- set dialect = tripletex.dialect() -%}
{%- for name, kind in columns.items() %}
    {%- set column = tripletex.quoted(name) %}
    {%- set type = dialect ~ '.' ~ kind %}
    {%- set text = casts.get(type, plain) if name in found else plain %}
    {%- set value = 'loaded.' ~ column if name in found else 'null' %}
    {{ text.replace('$value', value).replace('$type', types[type]) }} as {{ column }}{{ ',' if not loop.last }}
{%- endfor -%}
{% endmacro %}
