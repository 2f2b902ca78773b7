"""Who must not come back: a list of keyed hashes that keeps erased people out of later nights (oneid.md §2.8).

The list lies in the home, its key outside: without the key nobody can try phone numbers against it. Who is put on it
is for ``assets/erasure``; here rows are only held against it.
"""

import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.extracts.contract import Contract
from assets.extracts.naming import identities_in, identities_refused, keys_in, mobiles_in, plain
from assets.extracts.readers.chunks import Refusal

_KEY_BYTES = 32
_WORD = re.compile(r"[0-9A-Za-z_-]{6,}")


class SuppressionKeyError(RuntimeError):
    """The home has a suppression list and the key that made it is not there, or is another."""


@dataclass(frozen=True)
class Suppression:
    """The hashes on the list and the key that makes them; a home where nobody was erased has neither."""

    key: bytes = b""
    hashes: frozenset[str] = frozenset()

    @classmethod
    def load(cls, listed: Path, key_file: Path) -> "Suppression":
        """The list of a home. Raises SuppressionKeyError when it has one and ``key_file`` is not its key."""
        if not listed.exists():
            return cls()
        if not key_file.exists():
            raise SuppressionKeyError(
                f"本租户有擦除名单 {listed.name}，却找不到它的密钥 {key_file.name}；"
                "请恢复密钥文件，或用 CDP_ERASURE_KEY_FILE 指明它的位置"
            )
        lines = listed.read_text(encoding="ascii").split()
        suppression = cls(_key_in(key_file), frozenset(lines))
        if suppression.hash_of("key") not in suppression.hashes:
            raise SuppressionKeyError(f"密钥 {key_file.name} 不是擦除名单 {listed.name} 的密钥")
        return suppression

    def with_values(self, values: Iterable[str]) -> "Suppression":
        """The list with ``values`` on it: identities (``type:source id``), phones and unionids."""
        return Suppression(self.key, self.hashes | {self.hash_of(value) for value in values})

    def store(self, listed: Path) -> None:
        """Write the list in one step, in the order of its hashes, so that it does not tell who came when."""
        part = listed.with_name(f"{listed.name}.part")
        part.write_text("\n".join(sorted({*self.hashes, self.hash_of("key")})) + "\n", encoding="ascii")
        part.chmod(0o600)
        part.replace(listed)

    def hash_of(self, value: str) -> str:
        """The HMAC-SHA256 of ``value`` in hex."""
        return hmac.digest(self.key, value.encode(), "sha256").hex()

    def holds(self, value: str) -> bool:
        """Whether ``value`` is on the list."""
        return self.hash_of(value) in self.hashes

    def rows_in(self, frame: pl.DataFrame, contract: Contract) -> pl.Series:
        """Which rows of ``frame`` name somebody on the list, or bring a phone or unionid of theirs."""
        found = pl.Series([False]).new_from_index(0, frame.height)
        if not self.hashes or not contract.identities:
            return found
        for named in identities_in(frame, contract):
            found |= named.is_in(self._held(named)).fill_null(False)
        keys = keys_in(frame, contract)
        held = self._held(keys.explode())
        return found | keys.list.eval(pl.element().is_in(held)).list.any()

    def mentions(self, refusal: Refusal, contract: Contract) -> bool:
        """Whether a refused row names somebody on the list, or its text has a word of theirs."""
        if not self.hashes:
            return False
        words = _WORD.findall(plain(refusal.raw))
        said = (*identities_refused(refusal, contract), *words, *mobiles_in(refusal.raw))
        return any(map(self.holds, said))

    def _held(self, values: pl.Series) -> list[str]:
        return [value for value in values.drop_nulls().unique().to_list() if self.holds(value)]


def ensure_key(key_file: Path) -> bytes:
    """The key of ``key_file``, made in one step and with mode 0600 when it is not there or empty.

    Raises SuppressionKeyError when it has something else in it.
    """
    if not key_file.exists() or not key_file.stat().st_size:
        key_file.parent.mkdir(parents=True, exist_ok=True)
        part = key_file.with_name(f"{key_file.name}.part")
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        part.write_text(secrets.token_hex(_KEY_BYTES), encoding="ascii")
        part.replace(key_file)
    return _key_in(key_file)


def _key_in(key_file: Path) -> bytes:
    try:
        return bytes.fromhex(key_file.read_text(encoding="ascii"))
    except ValueError:
        raise SuppressionKeyError(f"密钥文件 {key_file.name} 已损坏，请从备份恢复") from None
