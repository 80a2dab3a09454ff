"""The lists as they stood when the platform was made. From here on they are kept on the admin's pages."""

import csv
import re
from datetime import UTC, date, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LISTS = Path(__file__).resolve().parents[1] / "lists"
TABLES = ("programme_area", "authority_type", "police_force", "region", "sector", "theme", "priority", "page")


def rows(name):
    with (LISTS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def slug(words):
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:60]


def upgrade():
    connection = op.get_bind()
    metadata = sa.MetaData()
    metadata.reflect(connection, only=TABLES)
    table = metadata.tables

    def add(name, entries):
        for position, entry in enumerate(entries, 1):
            connection.execute(table[name].insert().values({"position": position, **entry}))
        return {row.slug: row.id for row in connection.execute(sa.select(table[name].c.slug, table[name].c.id))}

    priorities = add("priority", (
        {"slug": row["slug"], "title": row["title_as_published"], "short_title": row["short_title"],
         "summary": row["summary"], "valid_from": date.fromisoformat(row["active_from"])}
        for row in rows("priorities")
    ))
    add("theme", (
        {"slug": row["slug"], "title": row["title"], "kind": row["kind"], "description": row["description"],
         "usual_priority_id": priorities.get(row["usual_priority_slug"])}
        for row in rows("themes")
    ))
    add("sector", (
        {"slug": row["slug"], "title": row["title"], "description": row["description"]} for row in rows("sectors")
    ))
    regions = add("region", (
        {"slug": row["slug"], "title": row["name"], "title_cy": row["name_cy"], "gss_code": row["gss_code"],
         "country": row["country"]}
        for row in rows("regions")
    ))
    forces = add("police_force", (
        {"slug": row["slug"], "title": row["name"], "title_cy": row["name_cy"], "gss_code": row["pfa_gss_code"],
         "kind": row["type"], "country": row["country"], "note": row["note"],
         "region_id": regions.get(row["region_slug"])}
        for row in rows("police_forces")
    ))
    add("authority_type", (
        {"slug": row["code"].lower(), "title": row["name"], "note": row["note"]} for row in rows("local_authority_types")
    ))
    add("programme_area", (
        {"slug": slug(row["name_as_published"]), "title": row["name_as_published"], "alias": row["alias"],
         "local_authority": row["local_authority"], "gss_code": row["gss_code"], "wave": row["wave"],
         "year": int(row["year"]), "note": row["note"], "force_id": forces[row["police_force_slug"]]}
        for row in rows("programme_areas")
    ))
    for path in sorted((LISTS / "pages").glob("*.md")):
        title, _, source = path.read_text("utf-8").partition("\n\n")
        connection.execute(table["page"].insert().values(
            slug=path.stem, title=title.removeprefix("# "), source=source, updated_at=datetime.now(UTC), version=1
        ))


def downgrade():
    for name in TABLES:
        op.execute(sa.table(name).delete())
