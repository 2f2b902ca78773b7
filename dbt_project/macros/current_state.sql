{#- The current state of an extract as of the night, from its append log raw.<source>__<extract> (extracts.yaml,
    header). One macro per mode; each gives one row per key. All orders end in _file_id, _line, so that the same
    log gives the same row on every run. -#}

{#- mode delta: the newest updated_at of a key wins, a deleted winner is gone. -#}
{% macro delta_state(source_name, extract, key) -%}
    select *
    from {{ source(source_name, extract) }}
    where _dt <= {{ as_of() }}
    qualify row_number() over (
        partition by {{ key | join(', ') }}
        order by updated_at desc, _dt desc, _file_id desc, _line desc
    ) = 1 and not is_deleted
{%- endmacro %}

{#- mode append: rows never change, and the loader lets a key into the log once (assets/extracts/duplicates.py). -#}
{% macro append_state(source_name, extract) -%}
    select *
    from {{ source(source_name, extract) }}
    where _dt <= {{ as_of() }}
{%- endmacro %}

{#- mode full: the newest dt is the state. A key refused that night keeps its last good row. -#}
{% macro full_state(source_name, extract, key) -%}
    select *
    from (
        select landed.*
        from {{ source(source_name, extract) }} as landed
        inner join ({{ newest_dt(source_name, extract) }}) as newest on landed._dt = newest.dt
        union all
        select landed.*
        from {{ source(source_name, extract) }} as landed
        inner join ({{ keys_refused_last(source_name, extract) }}) as refused
            on
                landed._dt < refused._dt
                and refused.key = {% for part in key %}landed.{{ part }}{{ " || '|' || " if not loop.last }}{% endfor %}
    ) as candidates
    qualify row_number() over (
        partition by {{ key | join(', ') }}
        order by _dt desc, _file_id desc, _line desc
    ) = 1
{%- endmacro %}

{#- The newest date of which an extract has a file in the log; of a full extract the loader lets in all files of a date
    or none (assets/extracts/loading.py). An empty file counts: it means that nothing is there. -#}
{% macro newest_dt(source_name, extract) -%}
    select max(dt) as dt
    from {{ source('ops', 'extract_files') }}
    where
        source = '{{ source_name }}'
        and extract = '{{ extract }}'
        and status = 'loaded'
        and dt <= {{ as_of() }}
{%- endmacro %}

{% macro keys_refused_last(source_name, extract) -%}
    select distinct
        refused_keys.key,
        refused_keys._dt
    from {{ source('landing', 'refused_keys') }} as refused_keys
    inner join ({{ newest_dt(source_name, extract) }}) as newest on refused_keys._dt = newest.dt
    where refused_keys.source = '{{ source_name }}' and refused_keys.extract = '{{ extract }}'
{%- endmacro %}
