"""The label model: connected components as open identity packages publish them for dbt, in our own words.

Each node starts with its own number; a pass gives every node the least label among its own and its neighbours'. The
packages run a fixed number of passes (6 in one) or stop after at most 30. Here: at most PASSES, fewer when nothing
changes any more. Only the benches use it; the night does not.
"""

import duckdb

PASSES = 30

_START = """
create table neighbours as select a as node, b as neighbour from pairs union select b, a from pairs;
create table labels as select n as node, n as label from nodes;
"""
_PASS = """
create or replace table labels_next as
with offered as (
    select node, label from labels
    union all
    select neighbours.node, labels.label
    from neighbours inner join labels on neighbours.neighbour = labels.node
)
select node, min(label) as label from offered group by node
"""
_CHANGED = """
select count(*) from labels inner join labels_next using (node) where labels.label <> labels_next.label
"""


def propagate(connection: duckdb.DuckDBPyConnection) -> tuple[int, bool]:
    """Label the tables `nodes` (n) and `pairs` (a, b) into `labels` (node, label).

    Returns the passes made and whether the last one changed nothing.
    """
    connection.execute(_START)
    for number in range(1, PASSES + 1):
        connection.execute(_PASS)
        row = connection.execute(_CHANGED).fetchone()
        connection.execute("drop table labels; alter table labels_next rename to labels")
        if row == (0,):
            return number, True
    return PASSES, False
