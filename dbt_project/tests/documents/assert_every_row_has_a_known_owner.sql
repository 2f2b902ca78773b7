-- A warning, not an error: the rows wait in ops.orphan_rows and are tried again each night.
{{ config(severity='warn') }}

select
    source,
    extract,
    owner_type,
    count(*) as orphan_rows
from {{ ref('orphan_rows') }}
group by source, extract, owner_type
