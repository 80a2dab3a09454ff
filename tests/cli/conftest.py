"""Commands run as an operator runs them: `run("demo", "load")` gives click's result."""

from __future__ import annotations

import pytest


@pytest.fixture
def run(app):
    def call(*arguments, status=0):
        result = app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])
        assert result.exit_code == status, result.output + str(result.exception)
        return result

    return call
