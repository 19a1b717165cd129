{# What differs from database to database. #}

{% macro dialect() %}
{{- return('sqlserver' if target.type in ('sqlserver', 'fabric') else target.type) -}}
{% endmacro %}

{# A value as one of the kinds integer, boolean, text, date, timestamp, amount, quantity, json. #}
{% macro typed(value, kind) %}
{%- set name = tripletex.dialect() ~ '.' ~ kind -%}
{%- set plain = tripletex.plain_cast() -%}
{%- set text = plain if value == 'null' else tripletex.casts().get(name, plain) -%}
{{ return(text.replace('$value', value).replace('$type', tripletex.type_names()[name])) }}
{% endmacro %}

{# A name that no word of SQL can be taken for. Snowflake's loader makes names in capitals. #}
{% macro quoted(name) %}
{%- set quotes = tripletex.quotes().get(tripletex.dialect(), ['"', '"']) -%}
{%- set name = name | upper if target.type == 'snowflake' else name -%}
{{ return(quotes[0] ~ name ~ quotes[1]) }}
{% endmacro %}

{# A condition that a column is true. #}
{% macro is_true(value) %}
{%- set condition = tripletex.conditions().get(tripletex.dialect(), '$value') -%}
{{ return(condition.replace('$value', value)) }}
{% endmacro %}

{# Which of the columns a table of the loader has; none if there is no such table. With the variable
   tripletex_all_loaded all of them, without a look into the database. #}
{% macro names_in(table, columns) %}
{%- if var('tripletex_all_loaded', false) -%}
    {{- return(columns | list) -}}
{%- elif not execute -%}
    {{- return([]) -}}
{%- endif -%}
{%- set relation = adapter.get_relation(table.database, table.schema, table.identifier) -%}
{%- if relation is none -%}
    {{- return([]) -}}
{%- endif -%}
{#- Much faster than the catalogue of DuckDB, which looks at the columns of all views. -#}
{%- set nothing = run_query('select * from ' ~ table ~ ' where 1 = 0') -%}
{{- return(nothing.column_names | map('lower') | list) -}}
{% endmacro %}

{# Rows of either query, each once: BigQuery wants it said. #}
{% macro union_distinct() %}{{ return('union distinct' if target.type == 'bigquery' else 'union') }}{% endmacro %}
