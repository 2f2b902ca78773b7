{#- Completed years of a birthday at the night's date; someone born on 29 February completes a year on 1 March in
    common years. A birthday in the future has no age. -#}
{% macro age(birthday) -%}
    case when {{ birthday }} <= {{ as_of() }}
        then extract(year from {{ as_of() }}) - extract(year from {{ birthday }})
            - case
                when
                    extract(month from {{ as_of() }}) * 100 + extract(day from {{ as_of() }})
                    < extract(month from {{ birthday }}) * 100 + extract(day from {{ birthday }})
                    then 1
                else 0
            end
    end
{%- endmacro %}
