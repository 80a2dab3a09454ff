"""Numbers in sentences."""

from __future__ import annotations

from collections.abc import Collection


def plural(count: int, one: str, many: str = "") -> str:
    """1 reply, 2,000 replies."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def pages_in_words(pages: Collection[int]) -> str:
    """ "page 12", "pages 12, 14 to 16"; empty for none."""
    runs: list[list[int]] = []
    for page in sorted(pages):
        if runs and page == runs[-1][-1] + 1:
            runs[-1].append(page)
        else:
            runs.append([page])
    shown = [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]
    return f"page{'s' if len(pages) > 1 else ''} {', '.join(shown)}" if shown else ""
