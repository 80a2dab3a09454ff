"""What may be personal data is pointed at, and what is not is left alone: 200 sentences, and the rules behind them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.base.personal_data import find, is_nhs_number

LINES = (Path(__file__).parent / "personal_data.txt").read_text("utf-8").splitlines()
PERSONAL = [line[2:].rsplit(" | ", 1) for line in LINES if line.startswith("+ ")]
HARMLESS = [line[2:] for line in LINES if line.startswith("- ")]


def missed() -> list[str]:
    """Sentences whose words were not found, neither exactly nor as a part of more or of fewer words."""
    return [
        sentence
        for sentence, words in PERSONAL
        if not any(words in found.words or found.words in words for found in find(sentence))
    ]


def false_alarms() -> list[tuple[str, str]]:
    return [(sentence, found[0].words) for sentence in HARMLESS if (found := find(sentence))]


def test_there_are_two_hundred_sentences():
    assert (len(PERSONAL), len(HARMLESS)) == (100, 100)


def test_nine_in_ten_are_found():
    assert len(missed()) <= 10, missed()


def test_at_most_one_in_twenty_is_a_false_alarm():
    assert len(false_alarms()) <= 5, false_alarms()


@pytest.mark.parametrize(("number", "is_one"), [("943 476 5919", True), ("943 476 5918", False), ("1111111111", False)])
def test_the_check_digit_of_an_nhs_number_decides(number, is_one):
    assert is_nhs_number(number) is is_one


def test_what_is_found_is_where_it_says():
    text = "Ring 07700 900123. Kieran, 15, lives at 14 Acacia Road."
    assert [text[found.start : found.end] for found in find(text)] == [found.words for found in find(text)]
    assert [found.kind for found in find(text)] == ["phone number", "name", "address"]


@given(st.text(max_size=300))
def test_any_text_is_read(text):
    assert all(found.words == text[found.start : found.end] for found in find(text))


@pytest.mark.parametrize("text", ["0" * 20_000, "Kieran " * 3_000, "a@" * 10_000, "lives at 1 " * 2_000, "1 " * 10_000])
def test_the_longest_post_is_read_at_once(text):
    began = time.process_time()
    find(text)
    assert time.process_time() - began < 1
