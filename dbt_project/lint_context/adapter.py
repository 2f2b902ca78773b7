"""What dbt's ``adapter`` is to the macros, for sqlfluff's jinja templater: enough for the SQL around them to parse.

sqlfluff puts every module of this folder into the templates under the module's name. Nothing runs here at night.
"""

from collections.abc import Callable
from typing import Any


def dispatch(macro_name: str, _namespace: str) -> Callable[..., str]:
    """A dispatched macro as a plain function call on the columns of its first argument."""

    def call(first: str | dict[str, str], *_rest: Any) -> str:
        columns = [first] if isinstance(first, str) else first.values()
        return f"{macro_name}({', '.join(columns)})"

    return call


def quote(name: str) -> str:
    """A name in double quotes."""
    return f'"{name}"'
