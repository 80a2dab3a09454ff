"""First names common in England and Wales, in small letters: a word with a capital that is none of them is no name."""

from importlib.resources import files

FIRST_NAMES = frozenset(files("forum.base").joinpath("names.txt").read_text("utf-8").split())
