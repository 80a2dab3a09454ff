"""Several people who do the same thing at the very same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask

from forum.base.errors import Rejected


def at_once(app: Flask, work: Callable[[int], object], times: int = 4) -> list[object]:
    """The same work in as many threads, each with an application context of its own: what each gave, or was refused with."""
    ready = Barrier(times)

    def one(number: int) -> object:
        with app.app_context():
            ready.wait(timeout=10)
            try:
                return work(number)
            except Rejected as refusal:
                return refusal.message

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))
