{#- Mobile phones: the normal form that identity and profile compare, and the masked form that may be published.
    Text comes NFKC-normalised from ingest, so full-width digits are plain digits here. -#}

{#- The 11 digits of a mainland mobile, without separators and +86 / 0086 / 86, else NULL (oneid.md §2.1). -#}
{% macro normalise_phone(column) -%}
    nullif(regexp_extract(
        {{ replace_matches(column, '[ ().·/_–—-]', '') }},
        '^(?:[+]86|0086|86)?(1[3-9][0-9]{9})$',
        1
    ), '')
{%- endmacro %}

{#- Every mobile inside a text as 138****0001: bare, with a country code, or written 138 0000 0001 / 138-0000-0001.
    A run of more than 11 digits is no phone and stays (order numbers, timestamps). The delimiter before and behind
    belongs to the match, so of two phones that share one the second is caught by the second pass. -#}
{% macro mask_phones(column) -%}
    {%- set phone = '(^|[^0-9])((?:[+]?86|0086)?[ -]?1[3-9][0-9])[ -]?[0-9]{4}[ -]?([0-9]{4})($|[^0-9])' -%}
    {%- set once = replace_matches(column, phone, '$1$2****$3$4') -%}
    case
        when {{ matches(column, '1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}') }}
            then {{ replace_matches(once, phone, '$1$2****$3$4') }}
        else {{ column }}
    end
{%- endmacro %}

{#- mask_phones for JSON text, which stays JSON: a key's bare number that is a phone becomes a masked string. Text that
    would not stay JSON even so is emptied, because a phone must not get out. -#}
{% macro mask_phones_in_json(column) -%}
    {%- set quoted = replace_matches(column, '(": *)(1[3-9][0-9]{9})([^0-9])', '$1"$2"$3') -%}
    case
        when not {{ matches(column, '1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}') }} then {{ column }}
        when {{ is_json(mask_phones(quoted)) }} then {{ mask_phones(quoted) }}
        else '{}'
    end
{%- endmacro %}
