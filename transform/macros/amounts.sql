{# An amount in kroner: whole øre, never a binary fraction. #}
{% macro amount(value) %}{{ tripletex.typed(value, 'amount') }}{% endmacro %}

{% macro quantity(value) %}{{ tripletex.typed(value, 'quantity') }}{% endmacro %}

{# The sum of an amount over rows; 0 where there are none. #}
{% macro sum_of(value) %}{{ tripletex.typed('coalesce(sum(' ~ value ~ '), 0)', 'amount') }}{% endmacro %}
