"""Organisations, over HTTP."""

from __future__ import annotations

import sqlalchemy as sa

from forum.base.db import db
from forum.members.models import Organisation
from forum.reference.models import PoliceForce, Sector
from tests import builders


def test_members_read_organisations_and_see_no_addresses(app, visit, cast):
    with app.app_context():
        where = builders.organisation("Millbrook Homes", contact_email="office@millbrook.example").id
    page = visit(cast.amina).get(f"/organisations/{where}")
    assert "Millbrook Homes" in page.text
    assert "office@millbrook.example" not in page.text
    assert "office@millbrook.example" in visit(cast.sita).get(f"/organisations/{where}").text
    assert visit(cast.amina).get("/organisations/new").status_code == 404
    assert visit(cast.amina).post(f"/organisations/{where}/edit", data={"name": "x"}).status_code == 404


def test_an_organisation_is_added_changed_and_found(app, visit, cast):
    browser = visit(cast.sita)
    with app.app_context():
        sector, force = builders.listed(Sector, "housing").id, builders.listed(PoliceForce, "west-midlands").id
    page = browser.post("/organisations/new", data={"name": "Millbrook Homes"}, follow_redirects=True)
    assert "Millbrook Homes is added" in page.text
    with app.app_context():
        number = db.session.scalar(sa.select(Organisation.id).where(Organisation.slug == "millbrook-homes"))
    browser.post(f"/organisations/{number}/edit", data={"name": "Millbrook", "sector": sector, "force": force})
    page = browser.get(f"/organisations?sector={sector}&force={force}")
    assert "Millbrook" in page.text
    assert "Canopy" not in page.text
    with app.app_context():
        changed = db.session.get(Organisation, number)
        assert (changed.slug, changed.region_id is None) == ("millbrook-homes", False)


def test_two_of_one_name_are_refused_and_what_was_typed_kept(visit, cast):
    page = visit(cast.sita).post(
        "/organisations/new", data={"name": "canopy YOUTH trust", "contact_email": "a@x.example"}
    )
    assert "already an organisation with this name" in page.text
    assert "a@x.example" in page.text


def test_lists_say_when_they_are_empty(visit, cast):
    assert "No organisation fits these filters" in visit(cast.amina).get("/organisations?text=zzz").text
