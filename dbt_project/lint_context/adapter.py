"""What dbt's ``adapter`` is to the macros, for sqlfluff's jinja templater: dispatch to DuckDB, quote a name.

sqlfluff puts every module of this folder into the templates under the module's name. Nothing runs here at night.
"""

from collections.abc import Callable

from jinja2 import pass_context
from jinja2.runtime import Context


@pass_context
def dispatch(context: Context, macro_name: str, macro_namespace: str) -> Callable[..., str]:
    """The DuckDB form of a dispatched macro."""
    return context.resolve(f"duckdb__{macro_name}")


def quote(name: str) -> str:
    """A name in double quotes."""
    return f'"{name}"'
