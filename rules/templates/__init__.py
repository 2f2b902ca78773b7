"""The 23 smart tags and 22 smart segments that come with the product (catalogue.md §4), as library files.

`cdp rules new --from TEMPLATE` copies one, `make nightly` on an empty home takes them all. They are data:
what they mean is in their JSON, that they are valid is a test.
"""

from importlib import resources
from importlib.resources.abc import Traversable


def template_files() -> list[tuple[str, bytes]]:
    """(path inside a library, content) of every template, in path order."""
    found: list[tuple[str, bytes]] = []
    root = resources.files("rules.templates")
    for folder in ("segments", "tags"):
        found.extend(_below(root.joinpath(folder), folder))
    return sorted(found)


def _below(folder: Traversable, path: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for item in folder.iterdir():
        inner = f"{path}/{item.name}"
        if item.is_dir():
            found.extend(_below(item, inner))
        elif item.name.endswith(".json"):
            found.append((inner, item.read_bytes()))
    return found
