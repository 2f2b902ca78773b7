"""Three readings of one rule agree: the naive one, the sets of its conditions, and the whole-rule SQL.

300 random cases here; `make truth` runs the profile `truth` (HYPOTHESIS_PROFILE=truth) with 20,000.
"""

import json
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from rules import CompiledFilter, Leaf, catalog, compile_filter, evaluate, parse_filter
from tests.rules import naive
from tests.rules.strategies import rule
from tests.rules.world import World

CATALOG = catalog()
SEEDS = st.integers(0, 11)


@cache
def world(seed: int) -> World:
    return World(seed)


def by_conditions(compiled: CompiledFilter, where: World) -> set[str]:
    """The way of the night: one set a condition, and the tree over the sets within the universe."""
    universe = {
        row["customer_key"]: row["oneid"] for row in where.tables["core.dim_customers"] if row["in_universe"]
    }
    sets = {}
    for one in compiled.conditions:
        keys = [row[0] for row in where.connection.execute(one.sql("duckdb")).fetchall()]
        assert len(keys) == len(set(keys)), "a condition names a customer twice"
        sets[one.id] = {universe[key] for key in keys if key in universe}
    everyone = set(universe.values())

    def members(leaf: Leaf) -> set[str]:
        if leaf.kind == "condition":
            return sets[leaf.id]
        return where.members.get((leaf.kind, leaf.id), set()) & everyone

    return evaluate(
        compiled.tree,
        members,
        lambda parts: set.intersection(*parts),
        lambda parts: set.union(*parts),
        lambda part: everyone - part,
    )


def compiled_for(rule_json: dict, where: World) -> CompiledFilter:
    return compile_filter(parse_filter(json.dumps(rule_json)), as_of=where.as_of)


@given(st.data(), SEEDS)
def test_three_readings_agree(data: st.DataObject, seed: int) -> None:
    where = world(seed)
    drawn = data.draw(rule(where.as_of))
    compiled = compiled_for(drawn, where)
    expected = naive.evaluate(drawn, CATALOG, where.tables, where.as_of, where.members)
    assert by_conditions(compiled, where) == expected
    assert where.oneids(compiled.whole_sql("duckdb")) == expected
