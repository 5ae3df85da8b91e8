"""Files made of lines whose order does not matter."""

from __future__ import annotations

import re

from builder.debian.merger import Table


def parse(text: str) -> Table:
    """Parse lines; blank ones are ignored."""
    return {line: "" for line in text.splitlines() if line.strip()}


def dump(table: Table) -> str:
    """Write lines, comments first, sorted."""
    return "".join(
        line + "\n" for line in sorted(table, key=lambda line: (not line.startswith("#"), line))
    )


def parse_by_last(text: str) -> Table:
    """Parse lines of `value key`: ucf's files, keyed by path."""
    return {
        line.rpartition(" ")[2]: line.rpartition(" ")[0].strip()
        for line in text.splitlines()
        if line.strip()
    }


def dump_hashes(table: Table) -> str:
    """Write ucf's hashfile."""
    return "".join(f"{value}  {key}\n" for key, value in sorted(table.items()))


def dump_registry(table: Table) -> str:
    """Write ucf's registry."""
    return "".join(f"{value} {key}\n" for key, value in sorted(table.items()))


def parse_threes(text: str) -> Table:
    """Parse dpkg's diversions: groups of from, to, package, keyed by from."""
    rows = text.splitlines()
    return {rows[i]: "\n".join(rows[i + 1 : i + 3]) for i in range(0, len(rows) - 2, 3)}


def dump_threes(table: Table) -> str:
    """Write dpkg's diversions."""
    return "".join(f"{key}\n{value}\n" for key, value in sorted(table.items()))


def parse_blocks(text: str) -> Table:
    """Parse blocks of lines between blank lines, keyed by their first line."""
    blocks = (block.strip("\n") for block in re.split(r"\n\s*\n", text))
    return {block.partition("\n")[0]: block.partition("\n")[2] for block in blocks if block}


def dump_blocks(table: Table) -> str:
    """Write blocks, comments first, sorted by their first line."""
    return "".join(
        "\n".join(filter(None, (key, table[key]))) + "\n\n"
        for key in sorted(table, key=lambda key: (key[:1] != "#", key))
    )


def parse_whole(text: str) -> Table:
    """Parse the file as one value."""
    return {"the file": text} if text else {}


def dump_whole(table: Table) -> str:
    """Write a file that is one value."""
    return table.get("the file", "")
