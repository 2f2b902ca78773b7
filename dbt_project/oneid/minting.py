"""New ids, named after their anchor.

An id is `C` and 80 bits of sha256(anchor type | anchor source id | generation) in base32. Generation is the
number of ids that this anchor has had, so an anchor whose id lives on with others gets another one; should
two names ever coincide, the later one takes the next generation. Anyone who knows a source id can compute its
oneid: erasure (oneid.md §2.8) has to reckon with that.
"""

from hashlib import sha256

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from oneid.coding import positions, row_keys

ANCHOR = ["anchor_type", "anchor_id"]
REGISTRY = pa.schema(
    [
        ("oneid", pa.string()),
        ("customer_key", pa.int32()),
        *((name, pa.string()) for name in ANCHOR),
    ]
)

_ALPHABET = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", dtype=np.uint8)
_LETTERS = 16


def mint(anchors: pa.Table, registry: pa.Table) -> pa.Table:
    """One new registry row for each anchor, customer keys counting on from the greatest, in the order given.

    anchors: anchor_type, anchor_id, distinct. registry: columns of REGISTRY, all ids so far.
    """
    had = positions(row_keys(registry, ANCHOR), row_keys(anchors, ANCHOR))
    generation = np.bincount(had[had >= 0], minlength=len(anchors))
    oneids = _named(anchors, generation)
    while (clash := _taken(oneids, registry["oneid"])).any():
        generation[clash] += 1
        oneids = _named(anchors, generation)
    last = pc.max(registry["customer_key"]).as_py() or 0
    return pa.table(
        {
            "oneid": oneids,
            "customer_key": pa.array(np.arange(last + 1, last + 1 + len(anchors)), pa.int32()),
            "anchor_type": anchors["anchor_type"],
            "anchor_id": anchors["anchor_id"],
        }
    )


def _named(anchors: pa.Table, generation: NDArray[np.int64]) -> pa.ChunkedArray:
    texts = pc.binary_join_element_wise(
        anchors["anchor_type"], anchors["anchor_id"], pa.array(generation).cast(pa.string()), "|"
    )
    digests = b"".join(sha256(text.encode()).digest()[:10] for text in texts.to_pylist())
    bits = np.unpackbits(np.frombuffer(digests, dtype=np.uint8)).reshape(-1, _LETTERS, 5)
    letters = np.full((len(texts), 1 + _LETTERS), ord("C"), dtype=np.uint8)
    letters[:, 1:] = _ALPHABET[bits @ np.array([16, 8, 4, 2, 1], dtype=np.uint8)]
    fixed = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(letters.shape[1]), len(letters), [None, pa.py_buffer(letters.tobytes())]
    )
    return pa.chunked_array([fixed.cast(pa.binary()).cast(pa.string())])


def _taken(oneids: pa.ChunkedArray, known: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Which of the names are known already or stand twice in the list (all but the first of them)."""
    distinct = oneids.combine_chunks().dictionary_encode()
    _, first = np.unique(distinct.indices.to_numpy(), return_index=True)
    taken = np.ones(len(oneids), dtype=np.bool_)
    taken[first] = False
    known_again = positions(known, pa.chunked_array([distinct.dictionary]))
    return taken | np.isin(distinct.indices.to_numpy(), known_again[known_again >= 0])
