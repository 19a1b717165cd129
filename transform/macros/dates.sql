{# Days and months in every dialect: each gives a date or a whole number. #}

{% macro month_of(day) %}cast({{ dbt.date_trunc('month', day) }} as date){% endmacro %}

{% macro plus_months(day, months) %}cast({{ dbt.dateadd('month', months, day) }} as date){% endmacro %}

{% macro plus_days(day, days) %}cast({{ dbt.dateadd('day', days, day) }} as date){% endmacro %}

{% macro year_of(day) %}
{%- if tripletex.dialect() == 'sqlserver' -%}year({{ day }})
{%- else -%}cast(extract(year from {{ day }}) as {{ dbt.type_int() }}){% endif -%}
{% endmacro %}

{% macro month_number(day) %}
{%- if tripletex.dialect() == 'sqlserver' -%}month({{ day }})
{%- else -%}cast(extract(month from {{ day }}) as {{ dbt.type_int() }}){% endif -%}
{% endmacro %}

{% macro days_between(first, last) %}{{ dbt.datediff(first, last, 'day') }}{% endmacro %}

{# The whole part of a division of whole numbers. #}
{% macro whole_part(value, divisor) %}cast(floor(({{ value }}) * 1.0 / {{ divisor }}) as {{ dbt.type_int() }}){% endmacro %}

{# The remainder of a division of whole numbers. #}
{% macro remainder(value, divisor) %}
{%- if tripletex.dialect() == 'sqlserver' -%}(({{ value }}) % ({{ divisor }}))
{%- else -%}mod({{ value }}, {{ divisor }}){% endif -%}
{% endmacro %}

{# The first digits of a whole number, as text. #}
{% macro first_digits(number, count) %}substring(cast({{ number }} as {{ dbt.type_string() }}), 1, {{ count }}){% endmacro %}

{% macro day_number(day) %}
{%- if tripletex.dialect() == 'sqlserver' -%}day({{ day }})
{%- else -%}cast(extract(day from {{ day }}) as {{ dbt.type_int() }}){% endif -%}
{% endmacro %}
