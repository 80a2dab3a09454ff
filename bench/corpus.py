"""The words both sides serve: 120 members, 1,000 threads of 20 posts, the same text to the byte on every machine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

WORDS = """the of to and a in for is on that by this with as it be are from at or was have an not can will we they
police council school family young people violence exploitation county lines gang health mental worker hospital
probation charity funding review local priority action plan deliver evidence partner meeting agenda minute decision
feedback challenge theme summary member forum borough youth safe early intervention support referral pathway service
community engagement social media online harm risk mentor parent carer victim offender custody court sentence
data sharing protocol information agency lead multi team conference transition exclude pupil teacher nurse
emergency department clinic trauma informed practice train staff resource gap capacity wait list outreach street
transport rail station hub employ skill housing accommodation placement vulnerable adult child guardian mosque church
however because although while during after before between across under over more most some many few several each
need should could would must raise note agree propose suggest explain ask describe identify improve reduce""".split()  # noqa: SIM905
MEMBERS, THREADS, POSTS = 120, 1_000, 20
PHRASE = "trauma informed"  # planted in about 2 of 100 posts, to be searched for


class Thread(NamedTuple):
    number: int
    title: str
    posts: list[tuple[int, str]]  # author from 0, text of 60 to 150 words


def paragraph(chance: random.Random) -> str:
    left, sentences = chance.randint(60, 150), []
    while left > 0:
        length = min(chance.randint(7, 18), left)
        sentences.append(" ".join(chance.choice(WORDS) for _ in range(length)).capitalize() + ".")
        left -= length
    if chance.random() < 0.02:
        sentences.insert(1, f"{PHRASE.capitalize()} practice matters here.")
    return " ".join(sentences)


def threads(count: int = THREADS, posts: int = POSTS) -> Iterator[Thread]:
    """The threads, from 1."""
    chance = random.Random(7)
    for number in range(1, count + 1):
        title = " ".join(chance.choice(WORDS) for _ in range(chance.randint(5, 10))).capitalize()
        yield Thread(
            number, f"{title} {number}", [(chance.randrange(MEMBERS), paragraph(chance)) for _ in range(posts)]
        )
