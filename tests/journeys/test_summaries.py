"""An official turns five months of the demonstration into a summary, on a page and at the command line."""

from __future__ import annotations

import csv
import io
import json

import pytest

from forum.base.db import db, transaction
from forum.feedback.models import Attribution, Feedback
from forum.members.models import Member, Standing
from forum.summaries.models import Summary
from tests import builders
from tests.challenges.builders import thread

OFFICIAL = "vikram.juniper@gangs-and-exploitation-secre.example"


def test_early_intervention_from_july_to_november_2016(embedded):
    runner = embedded.test_cli_runner()
    assert runner.invoke(args=["demo", "load"]).exit_code == 0
    browser = embedded.test_client()
    browser.post("/sign-in", data={"email": OFFICIAL, "password": embedded.config["DEMO_PASSWORD"]})
    with embedded.app_context():
        priority = builders.priority("early-intervention").id
        silent = list(db.session.scalars(db.select(Member.name).join(Feedback, Feedback.author_id == Member.id).where(
            Feedback.attribution == Attribution.UNATTRIBUTED)))  # fmt: skip
    period = {"from_on-day": "1", "from_on-month": "7", "from_on-year": "2016", "to_on-day": "30", "to_on-month": "11"}
    chosen = {**period, "to_on-year": "2016", "priority": priority, "audience": "programme", "quotes": "3"}
    preview = browser.post("/summaries/new", data={**chosen, "step": "preview"}).text
    assert "1 contribution marked OFFICIAL-SENSITIVE will be left out" in preview
    page = browser.post("/summaries/new", data=chosen, follow_redirects=True).text
    assert "9 of 10 contributions are in this summary." in page
    assert "9 of the 117 members" in page
    assert "Youth offending team, <" in page  # the speaker, and the reference behind the comma
    assert "FB-43" not in page
    items = list(csv.DictReader(io.StringIO(browser.get("/summaries/1.csv").data.decode("utf-8-sig"), newline="")))
    assert sorted(row["Reference"] for row in items) == [f"FB-{n}" for n in (41, 42, 44, 45, 46, 47, 48, 49, 50)]
    assert any("Bydd angen deunyddiau yn Gymraeg" in row["Title"] for row in items)
    whole = browser.get("/summaries/1.json").data.decode()
    assert {one["reference"] for one in json.loads(whole)["content"]["challenges"]} == {"CH-16", "CH-18", "CH-19"}
    assert len(silent) == 6
    assert not [name for name in silent if name in whole or name in page]


@pytest.fixture
def said(app, cast):
    with app.app_context():
        thread(cast.amina, title="<Tell> us")
        thread(cast.bryn, priority_id=None)


def export(app, tmp_path, *options: str, kind: str = "json", email: str = "olu@cast.example"):
    """What `summary export` said and wrote (None: nothing)."""
    file = tmp_path / f"summary.{kind}"
    given = ["summary", "export", "--format", kind, "--output", str(file), "--as", email, *options]
    ran = app.test_cli_runner().invoke(args=given)
    return ran, file.read_bytes() if file.exists() else None


@pytest.mark.parametrize(("kind", "starts"), [("odt", b"PK"), ("ods", b"PK"), ("csv", b"\xef\xbb\xbf"), ("json", b"{")])
def test_the_command_line_writes_what_the_page_gives(app, visit, cast, said, tmp_path, kind, starts):
    ran, data = export(app, tmp_path, kind=kind)
    assert ran.exit_code == 0, ran.output
    assert "SUM-1 is made, of 2 of 2 contributions" in ran.output
    assert data.startswith(starts)
    assert visit(cast.olu).get(f"/summaries/1.{kind}").data == data


def test_the_html_file_stands_by_itself(app, cast, said, tmp_path):
    ran, data = export(app, tmp_path, kind="html")
    page = data.decode()
    assert ran.exit_code == 0
    assert "&lt;Tell&gt; us" in page
    assert page.count("OFFICIAL</p>") == 2
    assert 'href="https://forum.example/feedback/1"' in page
    assert 'href="/' not in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--theme", "mental-health", "--priority", "cross-cutting"], 1),
        (["--priority", "county-lines", "--sensitive"], 1),
        (["--from", "2016-01-01", "--to", "2100-12-31", "--publication"], 2),
    ],
)
def test_options_choose_the_scope(app, cast, said, tmp_path, options, count):
    ran, data = export(app, tmp_path, *options)
    assert ran.exit_code == 0, ran.output
    assert json.loads(data)["content"]["counts"]["contributions"] == count


@pytest.mark.parametrize(
    ("options", "email", "message"),
    [
        (["--theme", "nothing"], "olu@cast.example", "There is no theme “nothing”. There are: mental-health"),
        (["--from", "2016-02-31"], "olu@cast.example", "does not match the format"),
        (["--from", "2016-11-02", "--to", "2016-11-01"], "olu@cast.example", "last day must be the same as or after"),
        (["--to", "9999-12-31"], "olu@cast.example", "year must be between"),
        (["--to", "1999-12-31"], "olu@cast.example", "No contributions fall in this"),
        ([], "amina@cast.example", "Only officials and the secretariat"),
        ([], "nobody@cast.example", "no active member with the address"),
    ],
)
def test_what_cannot_be_made_is_said_and_leaves_nothing(app, cast, said, tmp_path, options, email, message):
    ran, data = export(app, tmp_path, *options, email=email)
    assert ran.exit_code != 0
    assert message in ran.output
    assert data is None
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count()).select_from(Summary)) == 0


def test_an_official_who_has_left_makes_no_more_summaries(app, cast, said, tmp_path):
    with app.app_context(), transaction():
        db.session.get(Member, cast.olu.id).standing = Standing.LEFT
    ran, data = export(app, tmp_path)
    assert "no active member with the address" in ran.output
    assert data is None


def test_a_file_that_cannot_be_written_leaves_no_summary(app, cast, said, tmp_path):
    ran, _ = export(app, tmp_path / "missing")
    assert ran.exit_code == 1
    assert "cannot be written" in ran.output
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count()).select_from(Summary)) == 0
