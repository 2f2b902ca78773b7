"""The graph of the components bench: identities, the keys they hold, and the pairs that the keys make of them.

Seeded and saved once, so that every contender reads the same files. Made for its shape only: who is who, dates and
limits belong to the sample group (``pipelines/sample``).

identities.parquet  identity_type, source_id            one row per identity, its row is its number
keys.parquet        identity_type, source_id, key_type, key_value     what the night's components step reads
pairs.parquet       a, b (numbers), a_id, b_id (text)   each holder of a key with the key's least holder
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

CHAIN = 10_000
STAR = 100_000

_IDENTITIES_A_PERSON = (0.42, 0.28, 0.18, 0.09, 0.03)  # 1 to 5 of them, 2.03 on average
_TYPES = ("patient", "wecom", "mini", "fan", "lead")
_WECHAT = (1, 2, 3)  # the types that may carry a unionid
_HAS_PHONE, _HAS_UNIONID, _SHARES_PHONE = 0.75, 0.7, 0.08

# Texts as long as the sources' own: numbers of the practice, 32 letters of WeCom, appid:openid of WeChat.
_RENDER = """
create table identities as
select
    n,
    kinds[kind + 1] as identity_type,
    case
        when kind in (0, 4) then printf('%s%08d', upper(kinds[kind + 1][1]), n)
        when kind = 1 then printf('wmAJ2GCAAA%022d', n)
        else printf('wx5f3d9e21ab7c4410:o7%026d', n)
    end as source_id
from (select *, {kinds} as kinds from numbered);
create table keys as
select
    identity,
    key,
    case when unionid then 'unionid' else 'phone' end as key_type,
    case when unionid then printf('S1:oR5Gjj%022d', key) else cast(13000000000 + key as varchar) end as key_value
from held;
copy (select identity_type, source_id from identities order by n) to '{folder}/identities.parquet';
copy (
    select identity_type, source_id, key_type, key_value
    from keys inner join identities on identity = n
    order by keys.rowid
) to '{folder}/keys.parquet';
copy (
    with least_holders as (select key, min(identity) as a from keys group by key),
    pairs as (select distinct a, identity as b from keys inner join least_holders using (key) where identity > a)
    select a, b, one.source_id as a_id, other.source_id as b_id
    from pairs
    inner join identities as one on a = one.n
    inner join identities as other on b = other.n
    order by a, b
) to '{folder}/pairs.parquet';
"""


@dataclass(frozen=True)
class Graph:
    """Identities 0 … n-1 by type, and who holds which key; keys are numbers, `unionid` tells their kind."""

    kind: NDArray[np.int64]
    identity: NDArray[np.int64]
    key: NDArray[np.int64]
    unionid: NDArray[np.bool_]


def make_graph(identities: int, seed: int, chain: int = CHAIN, star: int = STAR) -> Graph:
    """A graph of so many identities, among them one chain and one star; the others form persons and families.

    `chain` identities share a key with the next one each, `star` identities share one key. Numbers are shuffled, so
    they tell nothing of the shape. Raises ValueError when chain and star need more identities than there are.
    """
    if chain + star > identities:
        raise ValueError(f"identities: expected at least {chain + star}, got {identities}")
    rng = np.random.default_rng(seed)
    count = identities - chain - star
    size = 1 + rng.choice(len(_IDENTITIES_A_PERSON), size=count, p=_IDENTITIES_A_PERSON)
    person = np.repeat(np.arange(count), size)[:count]
    persons = int(person.max(initial=-1)) + 1
    phone_of = np.arange(persons) - (rng.random(persons) < _SHARES_PHONE)  # the number of the person before
    phone_of[:1] = 0

    kind = rng.integers(0, len(_TYPES), identities)
    with_phone = np.flatnonzero(rng.random(count) < _HAS_PHONE)
    with_unionid = np.flatnonzero((rng.random(count) < _HAS_UNIONID) & np.isin(kind[:count], _WECHAT))
    chained = count + np.arange(chain)
    starred = count + chain + np.arange(star)
    chain_key, star_key = 2 * persons, 2 * persons + chain + 1
    parts = [
        (with_phone, phone_of[person[with_phone]]),
        (with_unionid, persons + person[with_unionid]),
        (chained, chain_key + np.arange(chain)),
        (chained, chain_key + 1 + np.arange(chain)),
        (starred, np.full(star, star_key)),
    ]
    identity, key = (np.concatenate(column) for column in zip(*parts, strict=True))
    place = rng.permutation(identities)
    order = rng.permutation(len(identity))
    shuffled = np.empty_like(kind)
    shuffled[place] = kind
    identity, key = place[identity[order]], key[order]
    return Graph(shuffled, identity, key, (key >= persons) & (key < chain_key))


def save(graph: Graph, folder: Path) -> None:
    """Write the three files of the graph; phones and ids are made up from the numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.register("numbered", pa.table({"n": np.arange(len(graph.kind)), "kind": graph.kind}))
        held = {"identity": graph.identity, "key": graph.key, "unionid": graph.unionid}
        connection.register("held", pa.table(held))
        connection.execute(_RENDER.format(folder=folder, kinds=list(_TYPES)))
