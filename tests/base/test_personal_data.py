"""What may be personal data is pointed at, and what is not is left alone: 200 sentences, and the rules behind them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.base.personal_data import find, is_nhs_number

SETS = ("personal_data.txt", "personal_data_unseen.txt")


def sentences(file: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Sentences with the words that must be found, and sentences without any."""
    lines = (Path(__file__).parent / file).read_text("utf-8").splitlines()
    with_words = [line[2:].rsplit(" | ", 1) for line in lines if line.startswith("+ ")]
    return [(one, words) for one, words in with_words], [line[2:] for line in lines if line.startswith("- ")]


def missed(file: str) -> list[str]:
    """Sentences whose words were not found, neither exactly nor as a part of more or of fewer words."""
    return [
        sentence
        for sentence, words in sentences(file)[0]
        if not any(words in found.words or found.words in words for found in find(sentence))
    ]


def false_alarms(file: str) -> list[tuple[str, str]]:
    return [(sentence, found[0].words) for sentence in sentences(file)[1] if (found := find(sentence))]


def test_there_are_hundreds_of_sentences():
    assert [tuple(map(len, sentences(file))) for file in SETS] == [(100, 100), (90, 90)]


@pytest.mark.parametrize("file", SETS)
def test_nine_in_ten_are_found(file):
    assert len(missed(file)) <= len(sentences(file)[0]) / 10, missed(file)


@pytest.mark.parametrize("file", SETS)
def test_at_most_one_in_twenty_is_a_false_alarm(file):
    assert len(false_alarms(file)) <= len(sentences(file)[1]) / 20, false_alarms(file)


def test_an_address_begins_at_its_own_number():
    text = (
        "Kieran, aged 15, is on 07700 900123 or at 12 Acacia Road, SW1A 2AA. She moved to Flat 3, 9 Elm Rise, M1 1AE."
    )
    assert [found.words for found in find(text)] == ["Kieran", "07700 900123", "12 Acacia Road, SW1A 2AA", "Flat 3, 9 Elm Rise, M1 1AE"]  # fmt: skip


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


HOSTILE = ("0", "a@", "1 ", "A", " ", "Kieran ", "Sam's ", "Sam-", "lives at 1 ", "1 Aa Aa ", "AB1", "Kieran (", "son, (", "a.b@c-",
           "they call “", "passport no. ", "Kieran and of ", "grandstep", "0(", "d.o.b. ", "log AAAA/1", "Flat 1,")  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_the_longest_post_is_read_at_once(words):
    text = (words * 20_000)[:20_000]
    began = time.process_time()
    find(text)
    assert time.process_time() - began < 1
