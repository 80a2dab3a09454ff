"""The virus scanner, asked over real sockets in clamd's protocol."""

from __future__ import annotations

import pytest
from flask import Flask

from forum.base import scanning
from forum.base.scanning import Outcome
from tests import scanner


@pytest.fixture
def ask():
    """Asks the scanner at this address."""
    app = Flask(__name__)

    def scan(address: str, data: bytes) -> scanning.Verdict:
        app.config["SCANNER"] = address
        with app.app_context():
            return scanning.scan(data)

    return scan


def test_a_file_is_clean_or_infected(ask, tmp_path):
    long = bytes(200_000)
    for socket in (None, tmp_path / "clamd.ctl"):
        with scanner.running(socket) as clamd:
            assert ask(clamd.address, long) == (Outcome.CLEAN, "")
            assert ask(clamd.address, b"a " + scanner.EICAR) == (Outcome.INFECTED, "Eicar-Signature")
            assert clamd.looked_at == [long, b"a " + scanner.EICAR]


def test_whatever_goes_wrong_is_a_verdict_in_words(ask, monkeypatch, tmp_path):
    monkeypatch.setattr(scanning, "LOOKING", 0.2)
    with scanner.running() as clamd:
        clamd.most = 100_000
        told = ask(clamd.address, bytes(5_000_000))
        assert told.outcome is Outcome.NOT_TOLD
        assert "StreamMaxLength" in told.words
        clamd.is_dumb = True
        assert ask(clamd.address, b"x") == (Outcome.NOT_TOLD, "The virus scanner gave no answer.")
    gone = ask(clamd.address, b"x")
    assert gone.outcome is Outcome.NOT_THERE
    assert "refused" in gone.words
    assert ask(f"unix://{tmp_path}/nothing", b"x").outcome is Outcome.NOT_THERE
