"""Connected components, side by side on the same edges: ``python -m bench.components --identities 1000000``.

Each contender runs in a process of its own, reads the files of ``bench/graph.py``, and says what its own part took:
wall and CPU seconds (all threads) from input in memory to components in memory, and the peak of its process. Reading
the files is not timed. Accuracy is ``bench/accuracy.py``'s.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import networkx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from oneid.coding import IDENTITY, KEY, codes, positions, row_keys
from oneid.components import label
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from bench.graph import make_graph, save
from bench.label_model import propagate
from bench.scoring import Ints, least_members

SEED = 7
TIME_LIMIT_SECONDS = 3600
Timed = Callable[[], object]
# What is timed, the labels by identity number read from its answer, and a word about it.
Contender = tuple[Timed, Callable[[], Ints], Callable[[], str]]


def _pairs(folder: Path) -> tuple[int, Ints, Ints]:
    table = pq.read_table(folder / "pairs.parquet", columns=["a", "b"])
    nodes = pq.read_metadata(folder / "identities.parquet").num_rows
    return nodes, table["a"].to_numpy(), table["b"].to_numpy()


def scipy_call(folder: Path) -> Contender:
    """The floor: the one call, on a matrix that is ready."""
    nodes, a, b = _pairs(folder)
    graph = coo_array((np.ones(len(a), dtype=np.bool_), (a, b)), shape=(nodes, nodes)).tocsr()
    found: list[Ints] = []
    return (
        lambda: found.append(connected_components(graph, directed=False)[1]),
        lambda: found[0],
        lambda: "",
    )


def ours_integers(folder: Path) -> Contender:
    """oneid.components.label on pairs of integers."""
    nodes, a, b = _pairs(folder)
    found: list[Ints] = []
    return lambda: found.append(label(nodes, a, b)), lambda: found[0], lambda: ""


def ours_text(folder: Path) -> Contender:
    """The same from pairs of the sources' own ids, made integers first."""
    ids = pq.read_table(folder / "identities.parquet")["source_id"]
    pairs = pq.read_table(folder / "pairs.parquet", columns=["a_id", "b_id"])
    found: list[Ints] = []

    def timed() -> None:
        left, right = positions(pairs["a_id"], ids), positions(pairs["b_id"], ids)
        found.append(label(len(ids), left, right))

    return timed, lambda: found[0], lambda: ""


def ours_keys(folder: Path) -> Contender:
    """The components step of the night as linking.lay_edges runs it: text keys → integers → labels."""
    identities = pq.read_table(folder / "identities.parquet")
    edges = pq.read_table(folder / "keys.parquet")
    found: list[Ints] = []

    def timed() -> None:
        names = row_keys(identities, IDENTITY)
        left = positions(row_keys(edges, IDENTITY), names)
        right = codes(row_keys(edges, KEY)) + len(names)
        found.append(label(int(right.max()) + 1, left, right)[: len(names)])

    return timed, lambda: found[0], lambda: f"{len(edges):,} keys held"


def splink_integers(folder: Path) -> Contender:
    """Splink's public clustering function on DuckDB, integer ids: the form its maintainers advise for size."""
    connection = _database(folder)
    return _splink(connection, "n", lambda: connection.sql("select a, b from pairs"))


def splink_text(folder: Path) -> Contender:
    """The same with the sources' own ids."""
    connection = _database(folder)
    return _splink(connection, "source_id", lambda: connection.sql("select a_id as a, b_id as b from pairs"))


def splink_keys(folder: Path) -> Contender:
    """The same from what the night has: the pairs are made of the keys first, in SQL."""
    connection = _database(folder)
    connection.execute(f"create table keys as from read_parquet('{folder}/keys.parquet')")

    def pairs_of_keys() -> duckdb.DuckDBPyRelation:
        connection.execute(
            """
            create table made as
            with least_holders as (
                select key_type, key_value, min(source_id) as a from keys group by key_type, key_value
            )
            select distinct a, source_id as b
            from keys inner join least_holders using (key_type, key_value)
            where source_id > a
            """
        )
        return connection.table("made")

    return _splink(connection, "source_id", pairs_of_keys)


def _splink(
    connection: duckdb.DuckDBPyConnection, node: str, edges: Callable[[], duckdb.DuckDBPyRelation]
) -> Contender:
    """node: the id column of `nodes`. edges: the pairs (a, b) of such ids, made within the time."""
    from splink import DuckDBAPI
    from splink.clustering import cluster_pairwise_predictions_at_threshold

    api = DuckDBAPI(connection=connection)
    nodes = connection.sql(f"select {node} from nodes")
    found: list[str] = []

    def timed() -> None:
        clusters = cluster_pairwise_predictions_at_threshold(
            nodes,
            edges(),
            db_api=api,
            node_id_column_name=node,
            edge_id_column_name_left="a",
            edge_id_column_name_right="b",
        )
        found.append(clusters.physical_name)

    def labels() -> Ints:
        return _fetch(
            connection,
            f"""
            select least_node.n from nodes
            inner join {found[0]} as clusters on nodes.{node} = clusters.{node}
            inner join nodes as least_node on clusters.cluster_id = least_node.{node}
            order by nodes.n
            """,
        )

    return timed, labels, lambda: ""


def networkx_graph(folder: Path) -> Contender:
    """networkx from two lists of integers: the graph, then its components."""
    nodes, a, b = _pairs(folder)
    found: list[set[int]] = []

    def timed() -> None:
        graph = networkx.Graph()
        graph.add_nodes_from(range(nodes))
        graph.add_edges_from(zip(a.tolist(), b.tolist(), strict=True))
        found.extend(networkx.connected_components(graph))

    def labels() -> Ints:
        component = np.empty(nodes, dtype=np.int64)
        for number, members in enumerate(found):
            component[list(members)] = number
        return component

    return timed, labels, lambda: ""


def label_model(folder: Path) -> Contender:
    """The rivals' model in SQL on integer pairs (bench/label_model.py)."""
    connection = _database(folder)
    found: list[tuple[int, bool]] = []

    def note() -> str:
        passes, converged = found[0]
        return f"{passes} passes, {'converged' if converged else 'not converged'}"

    return (
        lambda: found.append(propagate(connection)),
        lambda: _fetch(connection, "select label from labels order by node"),
        note,
    )


def _database(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        f"""
        create table nodes as
        select file_row_number as n, source_id
        from read_parquet('{folder}/identities.parquet', file_row_number = true);
        create table pairs as from read_parquet('{folder}/pairs.parquet');
        """
    )
    return connection


def _fetch(connection: duckdb.DuckDBPyConnection, query: str) -> Ints:
    column = connection.sql(query).to_arrow_table().column(0)
    return column.cast(pa.int64()).to_numpy()


# The first is what the others' answers are compared with.
CONTENDERS: dict[str, Callable[[Path], Contender]] = {
    "scipy, the bare call": scipy_call,
    "ours, integers": ours_integers,
    "ours, text ids": ours_text,
    "ours, from text keys": ours_keys,
    "Splink, integers": splink_integers,
    "Splink, text ids": splink_text,
    "Splink, from text keys": splink_keys,
    "networkx": networkx_graph,
    "label model in SQL": label_model,
}

# What both we and Splink start from.
FORMS = ("integers", "text ids", "from text keys")


def run_one(name: str, folder: Path) -> None:
    """Run one contender in this process and print what it took as JSON."""
    timed, labels, note = CONTENDERS[name](folder)
    began, cpu = time.perf_counter(), time.process_time()
    timed()
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    peak = _peak_bytes()
    least = least_members(labels())
    kept = folder / "scipy.npy"
    if name == next(iter(CONTENDERS)):
        np.save(kept, least)
    wrong = float((least != np.load(kept)).mean())
    answer = {"wall": wall, "cpu": cpu, "peak": peak, "components": len(np.unique(least)), "wrong": wrong}
    print(json.dumps(answer | {"note": note()}))


def _peak_bytes() -> int:
    """Highest resident memory of this program; getrusage would count the parent's before exec as well."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def run(identities: int, folder: Path) -> Table:
    """Make the graph and run every contender on it; returns the table to print."""
    save(make_graph(identities, SEED), folder)
    pairs = pq.read_metadata(folder / "pairs.parquet").num_rows
    table = Table(title=f"Components of {identities:,} identities, {pairs:,} pairs, {os.cpu_count()} cores")
    for column in ("contender", "wall s", "CPU s", "peak GB", "components", "identities wrong", ""):
        table.add_column(column, justify="left" if column in ("contender", "") else "right")
    cpu = {}
    for name in track(list(CONTENDERS), description="components", transient=True):
        command = [sys.executable, "-m", "bench.components", "--only", name, "--graph", str(folder)]
        try:
            ended = subprocess.run(
                command, stdout=subprocess.PIPE, text=True, check=True, timeout=TIME_LIMIT_SECONDS
            )
        except subprocess.TimeoutExpired:
            table.add_row(name, f"> {TIME_LIMIT_SECONDS}")
            continue
        answer = json.loads(ended.stdout.splitlines()[-1])
        cpu[name] = answer["cpu"]
        table.add_row(
            name,
            f"{answer['wall']:.2f}",
            f"{answer['cpu']:.2f}",
            f"{answer['peak'] / 1e9:.2f}",
            f"{answer['components']:,}",
            f"{answer['wrong']:.2%}" if answer["wrong"] else "none",
            answer["note"],
        )
    faster = [
        f"{form} {cpu[f'Splink, {form}'] / cpu[f'ours, {form}']:.1f} times"
        for form in FORMS
        if f"Splink, {form}" in cpu
    ]
    table.caption = f"less CPU than Splink: {', '.join(faster)}"
    return table


def main() -> None:
    """Run the bench as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--identities", type=int, default=1_000_000)
    parser.add_argument("--only", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--graph", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        run_one(arguments.only, arguments.graph)
        return
    with tempfile.TemporaryDirectory() as scratch:
        Console().print(run(arguments.identities, Path(scratch)))


if __name__ == "__main__":
    main()
