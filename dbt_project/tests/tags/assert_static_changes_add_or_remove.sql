-- A warning, not an error: another action is the source's dirt, and such a change is left out.
{{ config(severity='warn') }}

select action, count(*) as changes
from (
    select action from {{ ref('stg_cdp__static_tag_changes') }}
    union all
    select action from {{ ref('stg_cdp__static_segment_changes') }}
) as changes
where action not in ('add', 'remove')
group by action
