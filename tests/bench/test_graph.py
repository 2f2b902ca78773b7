"""The graph of the components bench has the shapes it promises, and the contenders agree on it."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from bench.components import CONTENDERS
from bench.graph import Graph, make_graph, save
from bench.scoring import least_members

IDENTITIES, CHAIN, STAR = 2_000, 25, 300


@pytest.fixture(scope="module")
def graph() -> Graph:
    return make_graph(IDENTITIES, 7, CHAIN, STAR)


@pytest.fixture(scope="module")
def folder(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("graph")
    save(graph, folder)
    return folder


def _least_members(name: str, folder: Path) -> np.ndarray:
    timed, labels, _ = CONTENDERS[name](folder)
    timed()
    return least_members(labels())


def test_the_same_seed_makes_the_same_graph(graph: Graph) -> None:
    again, other = make_graph(IDENTITIES, 7, CHAIN, STAR), make_graph(IDENTITIES, 8, CHAIN, STAR)
    assert np.array_equal(graph.identity, again.identity) and np.array_equal(graph.key, again.key)
    assert not np.array_equal(graph.identity[:100], other.identity[:100])


def test_one_star_one_chain_and_small_families(graph: Graph, folder: Path) -> None:
    (_, most), (_, next_most) = Counter(graph.key.tolist()).most_common(2)
    assert most == STAR > 10 * next_most
    sizes = sorted(Counter(_least_members("scipy, the bare call", folder).tolist()).values())
    assert sizes[-2:] == [CHAIN, STAR]
    assert sizes[-3] < CHAIN
    assert set(sizes) >= {1, 2, 3}


# only make bench installs Splink
@pytest.mark.parametrize("name", [name for name in CONTENDERS if "Splink" not in name])
def test_contenders_find_the_same_components(name: str, folder: Path) -> None:
    assert np.array_equal(_least_members(name, folder), _least_members("scipy, the bare call", folder))


def test_the_label_model_stops_short_of_a_long_chain_and_says_so(tmp_path: Path) -> None:
    save(make_graph(IDENTITIES, 7, chain=500, star=0), tmp_path)
    timed, labels, note = CONTENDERS["label model in SQL"](tmp_path)
    timed()
    assert note() == "30 passes, not converged"
    assert len(np.unique(labels())) > len(np.unique(_least_members("scipy, the bare call", tmp_path)))


def test_a_chain_and_a_star_need_their_identities() -> None:
    with pytest.raises(ValueError, match="expected at least 325"):
        make_graph(324, 7, CHAIN, STAR)
