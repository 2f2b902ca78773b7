"""One mapping: how a clinic's export of one extract becomes ours (``mappings/<source>/<extract>.yaml``).

The shape of the file and nothing else. Whether its names and values exist is for ``checks.py``, what an expression does
for ``expressions.py``.
"""

import hashlib
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from assets.sources.files import FilePattern
from assets.sources.object_storage import StoredPattern, is_url

Mode = Literal["full", "delta", "append"]
As = Literal["date", "timestamp", "epoch_seconds", "epoch_millis", "yes_no", "money", "integer"]

_GIVERS = ("from", "join", "constant")
# Every scalar of a mapping is text; an editor takes what stands without quotes for numbers and booleans.
Text = Annotated[str, WithJsonSchema({"type": ["string", "number", "boolean"]})]


class Strict(BaseModel):
    """Frozen and closed."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ColumnMapping(Strict):
    """Where one column of ours comes from: one column of theirs, several joined, or a constant."""

    source: str | None = Field(default=None, alias="from", min_length=1)
    """Their column."""
    join: tuple[str, ...] | None = Field(default=None, min_length=1)
    """Their columns, written one after the other; empty cells are left out."""
    between: str = Field(default="", alias="with")
    """What stands between joined cells."""
    constant: Text | None = None
    """The same text in every row."""
    values: dict[str, Text | None] | None = Field(default=None, min_length=1)
    """Their value: ours. A value that is not listed stays and is reported; null means missing."""
    reading: As | None = Field(default=None, alias="as")
    """How a cell is written; one that is written otherwise stays and is refused with its line."""
    split: str | None = Field(default=None, min_length=1)
    """What stands between the items of a list."""

    @model_validator(mode="after")
    def _one_way(self) -> "ColumnMapping":
        given = {self._names(name) for name in self.model_fields_set if getattr(self, name) is not None}
        givers = [name for name in _GIVERS if name in given]
        if len(givers) != 1:
            raise ValueError(f"应有 {'、'.join(_GIVERS)} 之一，得到 {'、'.join(givers) or '都没有'}")
        if givers == ["constant"] and (extra := given - {"constant"}):
            raise ValueError(f"constant 不能与 {'、'.join(sorted(extra))} 同时使用")
        if "with" in given and self.join is None:
            raise ValueError("with 只能与 join 同时使用")
        if self.reading and (self.values or self.split):
            raise ValueError("as 不能与 values 或 split 同时使用；表示空的写法请写进 blank")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Their columns that it reads."""
        return self.join or ((self.source,) if self.source else ())

    def _names(self, field: str) -> str:
        return type(self).model_fields[field].alias or field


def _short_form(value: Any) -> Any:
    """``name: 姓名`` is ``name: {from: 姓名}``."""
    return {"from": value} if isinstance(value, str) else value


def _pattern(text: str, offset_days: int) -> FilePattern | StoredPattern:
    return (StoredPattern if is_url(text) else FilePattern)(text, offset_days)


class Mapping(Strict):
    """A clinic's files, or a table of its database, of one extract and what their columns are to us."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["files"]},
                {"required": ["connection", "table"]},
                {"required": ["connection", "query"]},
            ]
        }
    )

    files: str | None = None
    """Their path below CDP_SOURCES, or a URL such as s3://bucket/…, with * and ? and the business date, such as
    "{date:%Y%m%d}/患者*.xlsx"."""
    connection: str | None = Field(default=None, min_length=1)
    """Instead of files: the database of CDP_SOURCE_CONNECTIONS that is read, in full unless mode says otherwise."""
    table: str | None = Field(default=None, min_length=1)
    """Its table, such as patient or his.patient."""
    query: str | None = Field(default=None, min_length=1)
    """One SELECT, where the table is not what is wanted."""
    offset_days: int = Field(default=0, ge=-31, le=31)
    """Days from the date in the name to the night that reads the file."""
    sheet: str | None = None
    """The worksheet; without it the one that has a table."""
    mode: Mode | None = None
    """How the clinic delivers: full (everything), delta (what changed), append. Without it as the contract says."""
    blank: tuple[Text, ...] = ()
    """How the clinic writes an empty cell, such as ["-", "无"]."""
    vanish_limit: float = Field(default=0.5, ge=0, le=1)
    """Of a full delivery: the share of known rows that may be missing from it before it is taken for incomplete."""
    columns: dict[str, Annotated[ColumnMapping, BeforeValidator(_short_form)]] = Field(min_length=1)
    """Our column: theirs."""

    @model_validator(mode="before")
    @classmethod
    def _whole_unless_told(cls, given: Any) -> Any:
        """A table holds everything, so what a database delivers is full."""
        return {"mode": "full", **given} if isinstance(given, dict) and "connection" in given else given

    @field_validator("files")
    @classmethod
    def _can_be_found(cls, text: str | None) -> str | None:
        return None if text is None else _pattern(text, 0).text

    @model_validator(mode="after")
    def _one_place(self) -> "Mapping":
        given = [name for name in ("files", "table", "query") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"应有 files、table、query 之一，得到 {'、'.join(given) or '都没有'}")
        if (self.connection is None) != (given == ["files"]):
            raise ValueError("connection 要与 table 或 query 同时使用")
        if self.connection and (extra := {"sheet", "offset_days"} & self.model_fields_set):
            raise ValueError(f"{'、'.join(sorted(extra))} 只用于 files")
        return self

    @property
    def pattern(self) -> FilePattern | StoredPattern | None:
        """Which files it is for, below CDP_SOURCES or stored elsewhere; None where it is a database's."""
        return None if self.files is None else _pattern(self.files, self.offset_days)

    @property
    def place(self) -> str:
        """What it reads, in a word."""
        return self.files or f"{self.connection} {self.table or 'query'}"

    @property
    def digest(self) -> str:
        """Changes with what a row becomes, not with how the mapping is laid out or commented."""
        said = self.model_dump_json(by_alias=True, exclude={"vanish_limit"})
        return hashlib.sha256(said.encode()).hexdigest()
