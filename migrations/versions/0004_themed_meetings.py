"""themed meetings"""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# --- what can be found -------------------------------------------------------------------------------------------------

# What takes an entry away: its thing goes, or one of these columns is written to. Whoever rebuilds one of these tables in
# a batch on SQLite makes its trigger anew afterwards: it goes with the old table.
FOUND_BY = {
    "feedback": ("title", "html", "html_affected", "html_would_help", "withdrawn_at", "held_at"),
    "reply": ("html", "withdrawn_at", "held_at"),
    "challenge": ("title", "description"),
    "response": ("html",),
    "status_change": ("reason",),
    "meeting": ("title", "description"),
    "agenda_item": ("title",),
    "paper": ("title",),
    "minute_item": ("heading", "html"),
    "member": ("name", "job_title"),
    "organisation": ("name",),
}
# What there was before can be found at once; Markdown stands in for what is made from it.
FOUND_FROM = {
    "challenge": ("title", "description"),
    "response": ("''", "source"),
    "status_change": ("''", "reason"),
    "meeting": ("title", "description"),
    "agenda_item": ("title", "''"),
    "paper": ("title", "''"),
    "minute_item": ("heading", "source"),
    "member": ("name", "job_title"),
    "organisation": ("name", "''"),
}
# The index knows the kind of an entry as a word that nobody types, and whether it is a post: those are many.
SORT = "'kind' || replace({0}kind, '_', '') || CASE WHEN {0}kind IN ('feedback', 'reply') THEN '' ELSE ' kindother' END"
PUT_IN = f"INSERT INTO search_index(rowid, title, text, sort) VALUES (new.id, new.title, new.text, {SORT.format('new.')})"
TAKE_OUT = (
    "INSERT INTO search_index(search_index, rowid, title, text, sort) "
    f"VALUES ('delete', old.id, old.title, old.text, {SORT.format('old.')})"
)
SQLITE_INDEX = (
    f"CREATE VIEW search_words AS SELECT id, title, text, {SORT.format('')} AS sort FROM search_entry",
    "CREATE VIRTUAL TABLE search_index USING fts5(title, text, sort, content='search_words', content_rowid='id', "
    "tokenize='porter unicode61 remove_diacritics 2', prefix='2 3 4 5 6 7 8')",
    f"CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN {PUT_IN}; END",
    f"CREATE TRIGGER search_entry_gone AFTER DELETE ON search_entry BEGIN {TAKE_OUT}; END",
    f"CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry BEGIN {TAKE_OUT}; {PUT_IN}; END",
    "INSERT INTO search_index(search_index) VALUES ('rebuild')",
)
# Accents are passed over, as FTS5 has it; PostgreSQL takes <b> for markup, and addresses and county-lines for one word.
SIGNS = "<>/@._-:&=?#+~"
PLAIN = "regexp_replace(normalize(%s, NFD), '[\\u0300-\\u036F]', '', 'g')"
WORDS = f"to_tsvector('english', translate({PLAIN}, '{SIGNS}', repeat(' ', {len(SIGNS)})))"
POSTGRESQL_INDEX = (
    "ALTER TABLE search_entry ADD COLUMN document tsvector GENERATED ALWAYS AS "
    f"(setweight({WORDS % 'title'}, 'A') || setweight({WORDS % 'text'}, 'B') || "
    f"setweight(to_tsvector('simple', {SORT.format('')}), 'D')) STORED",
    "CREATE INDEX ix_search_entry_document ON search_entry USING gin (document)",
)


def keep_what_can_be_found():
    """One index over every room."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    drop_index(is_postgresql)
    op.execute("ALTER TABLE search_entry DROP COLUMN thread_id")
    for statement in POSTGRESQL_INDEX if is_postgresql else SQLITE_INDEX:
        op.execute(statement)
    if is_postgresql:
        highest = "(SELECT coalesce(max(id), 0) + 1 FROM search_entry)"
        op.execute(f"SELECT setval(pg_get_serial_sequence('search_entry', 'id'), {highest}, false)")
    for table, (title, text) in FOUND_FROM.items():
        op.execute(
            f"INSERT INTO search_entry (kind, thing_id, title, text) SELECT '{table}', id, {title}, {text} FROM {table}"
        )
    forget_what_goes(is_postgresql)


def drop_index(is_postgresql):
    if is_postgresql:
        op.execute("DROP INDEX ix_search_entry_document")
        op.execute("ALTER TABLE search_entry DROP COLUMN document")
        return
    for trigger in ("search_entry_added", "search_entry_gone", "search_entry_changed"):
        op.execute(f"DROP TRIGGER {trigger}")
    op.execute("DROP TABLE search_index")


def forget_what_goes(is_postgresql):
    if is_postgresql:
        op.execute(
            "CREATE FUNCTION search_forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "DELETE FROM search_entry WHERE kind = TG_TABLE_NAME AND thing_id = OLD.id; RETURN NULL; END $$"
        )
        for table, columns in FOUND_BY.items():
            op.execute(
                f"CREATE TRIGGER search_forget AFTER DELETE OR UPDATE OF {', '.join(columns)} ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION search_forget()"
            )
        return
    for table, columns in FOUND_BY.items():
        for name, event in (("gone", "DELETE"), ("changed", f"UPDATE OF {', '.join(columns)}")):
            op.execute(
                f"CREATE TRIGGER search_{table}_{name} AFTER {event} ON {table} BEGIN "
                f"DELETE FROM search_entry WHERE kind = '{table}' AND thing_id = old.id; END"
            )


def keep_posts_alone():
    """The index of before, over posts."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in FOUND_BY:
        if is_postgresql:
            op.execute(f"DROP TRIGGER search_forget ON {table}")
        else:
            op.execute(f"DROP TRIGGER search_{table}_gone")
            op.execute(f"DROP TRIGGER search_{table}_changed")
    op.execute("DELETE FROM search_entry WHERE kind NOT IN ('feedback', 'reply')")
    drop_index(is_postgresql)
    if is_postgresql:
        op.execute("DROP FUNCTION search_forget()")
    else:
        op.execute("DROP VIEW search_words")
    op.execute("ALTER TABLE search_entry ADD COLUMN thread_id INTEGER")
    of_reply = "(SELECT feedback_id FROM reply WHERE reply.id = thing_id)"
    op.execute(f"UPDATE search_entry SET thread_id = CASE kind WHEN 'reply' THEN {of_reply} ELSE thing_id END")
    spec = spec_from_file_location("before", Path(__file__).with_name("0002_search_index.py"))
    before = module_from_spec(spec)
    spec.loader.exec_module(before)
    before.upgrade()


def upgrade():
    # ### commands auto generated by Alembic - please adjust! ###
    op.create_table(
        "meeting_series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("week", sa.SmallInteger(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("every_months", sa.SmallInteger(), nullable=False),
        sa.Column("starts", sa.String(length=5), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("marking", sa.String(length=40), nullable=False),
        sa.Column("is_chatham_house", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_demonstration", sa.Boolean(), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_series")),
        sa.UniqueConstraint("form_key", name=op.f("uq_meeting_series_form_key")),
    )
    op.create_table(
        "member_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("is_demonstration", sa.Boolean(), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_group")),
        sa.UniqueConstraint("form_key", name=op.f("uq_member_group_form_key")),
        sa.UniqueConstraint("slug", name=op.f("uq_member_group_slug")),
    )
    op.create_table(
        "received_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=300), nullable=False),
        sa.Column("from_address", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("about", sa.String(length=60), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_by_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_mail")),
        sa.UniqueConstraint("digest", name=op.f("uq_received_mail_digest")),
    )
    with op.batch_alter_table("received_mail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_received_mail_received_at"), ["received_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_received_mail_verdict"), ["verdict"], unique=False)

    op.create_table(
        "suppressed_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressed_address")),
        sa.UniqueConstraint("address", name=op.f("uq_suppressed_address_address")),
    )
    op.create_table(
        "bounce",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letter.id"], name=op.f("fk_bounce_letter_id_letter"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounce")),
    )
    with op.batch_alter_table("bounce", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bounce_address"), ["address"], unique=False)
        batch_op.create_index(batch_op.f("ix_bounce_letter_id"), ["letter_id"], unique=False)

    op.create_table(
        "series_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("lead", sa.String(length=200), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"],
            ["meeting_series.id"],
            name=op.f("fk_series_item_series_id_meeting_series"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series_item")),
    )
    with op.batch_alter_table("series_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_series_item_series_id"), ["series_id"], unique=False)

    op.create_table(
        "theme_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("theme_id", sa.Integer(), nullable=False),
        sa.Column("introduction", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["theme_id"], ["theme.id"], name=op.f("fk_theme_template_theme_id_theme")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_theme_template")),
        sa.UniqueConstraint("theme_id", name=op.f("uq_theme_template_theme_id")),
    )
    op.create_table(
        "template_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("hint", sa.String(length=500), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["theme_template.id"],
            name=op.f("fk_template_question_template_id_theme_template"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_question")),
    )
    with op.batch_alter_table("template_question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_template_question_template_id"), ["template_id"], unique=False)

    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("theme_id", sa.Integer(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("shows_declined", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_calendar_feed_member_id_member"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["theme_id"], ["theme.id"], name=op.f("fk_calendar_feed_theme_id_theme")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )
    with op.batch_alter_table("calendar_feed", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calendar_feed_member_id"), ["member_id"], unique=False)

    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=40), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_draft_member_id_member"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("member_id", "about", name=op.f("uq_draft_member_id_about")),
    )
    op.create_table(
        "follow",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("target_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_follow_member_id_member"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "kind", "target_id", name=op.f("pk_follow")),
    )
    with op.batch_alter_table("follow", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follow_kind_target_id"), ["kind", "target_id"], unique=False)

    op.create_table(
        "group_member",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["member_group.id"], name=op.f("fk_group_member_group_id_member_group"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_group_member_member_id_member"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "member_id", name=op.f("pk_group_member")),
    )
    with op.batch_alter_table("group_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_member_member_id"), ["member_id"], unique=False)

    op.create_table(
        "member_alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_member_alias_member_id_member"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_alias")),
        sa.UniqueConstraint("address", name=op.f("uq_member_alias_address")),
    )
    with op.batch_alter_table("member_alias", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_alias_member_id"), ["member_id"], unique=False)

    op.create_table(
        "outside_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=300), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_all_day", sa.Boolean(), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["imported_by_id"], ["member.id"], name=op.f("fk_outside_event_imported_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_event")),
        sa.UniqueConstraint("uid", "starts_at", name=op.f("uq_outside_event_uid_starts_at")),
    )
    with op.batch_alter_table("outside_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outside_event_starts_at"), ["starts_at"], unique=False)

    op.create_table(
        "attendance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("presence", sa.String(length=40), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=True),
        sa.Column("is_walk_in", sa.Boolean(), nullable=False),
        sa.Column("is_observer", sa.Boolean(), nullable=False),
        sa.Column("substitute_for_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("form_key", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_attendance_meeting_id_meeting"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_attendance_member_id_member")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_attendance_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["member.id"], name=op.f("fk_attendance_recorded_by_id_member")),
        sa.ForeignKeyConstraint(
            ["substitute_for_id"], ["member.id"], name=op.f("fk_attendance_substitute_for_id_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
        sa.UniqueConstraint("form_key", name=op.f("uq_attendance_form_key")),
        sa.UniqueConstraint("meeting_id", "member_id", name=op.f("uq_attendance_meeting_id_member_id")),
    )
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attendance_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attendance_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "audience",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=True),
        sa.Column("is_optional", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_audience_meeting_id_meeting"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audience")),
    )
    with op.batch_alter_table("audience", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audience_meeting_id"), ["meeting_id"], unique=False)

    op.create_table(
        "evaluation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("usefulness", sa.SmallInteger(), nullable=False),
        sa.Column("heard", sa.SmallInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_evaluation_meeting_id_meeting"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
    )
    with op.batch_alter_table("evaluation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evaluation_meeting_id"), ["meeting_id"], unique=False)

    op.create_table(
        "evaluation_given",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_evaluation_given_meeting_id_meeting"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_evaluation_given_member_id_member")),
        sa.PrimaryKeyConstraint("meeting_id", "member_id", name=op.f("pk_evaluation_given")),
    )
    op.create_table(
        "paper_pack",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("marking", sa.String(length=40), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("contents", sa.JSON(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_by_id", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_because", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_paper_pack_file_id_stored_file")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_paper_pack_meeting_id_meeting"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["ordered_by_id"], ["member.id"], name=op.f("fk_paper_pack_ordered_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_pack")),
        sa.UniqueConstraint("meeting_id", "number", name=op.f("uq_paper_pack_meeting_id_number")),
    )
    op.create_table(
        "reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("segment", sa.String(length=40), nullable=False),
        sa.Column("days_before", sa.SmallInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("left_out_because", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("form_key", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["made_by_id"], ["member.id"], name=op.f("fk_reminder_made_by_id_member")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_reminder_meeting_id_meeting"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint("form_key", name=op.f("uq_reminder_form_key")),
    )
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reminder_meeting_id"), ["meeting_id"], unique=False)

    op.create_table(
        "sector_places",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("sector_id", sa.Integer(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_sector_places_meeting_id_meeting"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["sector_id"], ["sector.id"], name=op.f("fk_sector_places_sector_id_sector")),
        sa.PrimaryKeyConstraint("meeting_id", "sector_id", name=op.f("pk_sector_places")),
    )
    op.create_table(
        "telling",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_by_id", sa.Integer(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_telling_meeting_id_meeting"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["told_by_id"], ["member.id"], name=op.f("fk_telling_told_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_telling")),
    )
    with op.batch_alter_table("telling", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_telling_meeting_id"), ["meeting_id"], unique=False)

    op.create_table(
        "access_need",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("met_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
            name=op.f("fk_access_need_invitation_id_invitation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["met_by_id"], ["member.id"], name=op.f("fk_access_need_met_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_need")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_access_need_invitation_id")),
    )
    op.create_table(
        "agenda_challenge",
        sa.Column("agenda_item_id", sa.Integer(), nullable=False),
        sa.Column("challenge_id", sa.Integer(), nullable=False),
        sa.Column("put_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("put_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agenda_item_id"],
            ["agenda_item.id"],
            name=op.f("fk_agenda_challenge_agenda_item_id_agenda_item"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["challenge_id"],
            ["challenge.id"],
            name=op.f("fk_agenda_challenge_challenge_id_challenge"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["put_by_id"], ["member.id"], name=op.f("fk_agenda_challenge_put_by_id_member")),
        sa.PrimaryKeyConstraint("agenda_item_id", "challenge_id", name=op.f("pk_agenda_challenge")),
    )
    op.create_table(
        "feedback_answer",
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["feedback.id"], name=op.f("fk_feedback_answer_feedback_id_feedback"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("feedback_id", "position", name=op.f("pk_feedback_answer")),
    )
    op.create_table(
        "internal_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["member.id"], name=op.f("fk_internal_note_author_id_member")),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["feedback.id"], name=op.f("fk_internal_note_feedback_id_feedback"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_internal_note")),
        sa.UniqueConstraint("form_key", name=op.f("uq_internal_note_form_key")),
    )
    with op.batch_alter_table("internal_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_internal_note_feedback_id"), ["feedback_id"], unique=False)

    op.create_table(
        "mailing_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("ordered_by_id", sa.Integer(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("telling_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_because", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_mailing_order_meeting_id_meeting"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["ordered_by_id"], ["member.id"], name=op.f("fk_mailing_order_ordered_by_id_member")),
        sa.ForeignKeyConstraint(["telling_id"], ["telling.id"], name=op.f("fk_mailing_order_telling_id_telling")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing_order")),
    )
    with op.batch_alter_table("mailing_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mailing_order_meeting_id"), ["meeting_id"], unique=False)

    op.create_table(
        "paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("agenda_item_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("marking", sa.String(length=40), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("form_key", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agenda_item_id"],
            ["agenda_item.id"],
            name=op.f("fk_paper_agenda_item_id_agenda_item"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_paper_meeting_id_meeting"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["member.id"], name=op.f("fk_paper_owner_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper")),
        sa.UniqueConstraint("form_key", name=op.f("uq_paper_form_key")),
        sa.UniqueConstraint("meeting_id", "number", name=op.f("uq_paper_meeting_id_number")),
    )
    with op.batch_alter_table("paper", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_paper_agenda_item_id"), ["agenda_item_id"], unique=False)

    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("deferred_times", sa.Integer(), nullable=False),
        sa.Column("agenda_item_id", sa.Integer(), nullable=True),
        sa.Column("form_key", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["agenda_item_id"],
            ["agenda_item.id"],
            name=op.f("fk_proposal_agenda_item_id_agenda_item"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_proposal_meeting_id_meeting")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["member.id"], name=op.f("fk_proposal_proposed_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("form_key", name=op.f("uq_proposal_form_key")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_meeting_id"), ["meeting_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposal_proposed_by_id"), ["proposed_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposal_state"), ["state"], unique=False)

    op.create_table(
        "support",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("force_id", sa.Integer(), nullable=True),
        sa.Column("how_often", sa.String(length=40), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("supported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_because", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["feedback.id"], name=op.f("fk_support_feedback_id_feedback"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["force_id"], ["police_force.id"], name=op.f("fk_support_force_id_police_force")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_support_member_id_member")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_support_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support")),
        sa.UniqueConstraint("feedback_id", "member_id", name=op.f("uq_support_feedback_id_member_id")),
    )
    with op.batch_alter_table("support", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_support_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_support_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("reply_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("alt", sa.String(length=300), nullable=False),
        sa.Column("scan", sa.String(length=40), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scan_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scan_note", sa.String(length=200), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attached_by_id", sa.Integer(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_because", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["attached_by_id"], ["member.id"], name=op.f("fk_attachment_attached_by_id_member")),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["feedback.id"], name=op.f("fk_attachment_feedback_id_feedback"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_attachment_file_id_stored_file")),
        sa.ForeignKeyConstraint(
            ["reply_id"], ["reply.id"], name=op.f("fk_attachment_reply_id_reply"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("feedback_id", "number", name=op.f("uq_attachment_feedback_id_number")),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attachment_attached_by_id"), ["attached_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachment_file_id"), ["file_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachment_feedback_id"), ["feedback_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachment_reply_id"), ["reply_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachment_scan"), ["scan"], unique=False)

    op.create_table(
        "parked_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_parked_file_file_id_stored_file")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_parked_file_member_id_member"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked_file")),
    )
    with op.batch_alter_table("parked_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_parked_file_file_id"), ["file_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_parked_file_member_id_form_key"), ["member_id", "form_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_parked_file_parked_at"), ["parked_at"], unique=False)

    op.create_table(
        "flag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("reply_id", sa.Integer(), nullable=True),
        sa.Column("support_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("raised_by_id", sa.Integer(), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["feedback.id"], name=op.f("fk_flag_feedback_id_feedback"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["raised_by_id"], ["member.id"], name=op.f("fk_flag_raised_by_id_member")),
        sa.ForeignKeyConstraint(["reply_id"], ["reply.id"], name=op.f("fk_flag_reply_id_reply"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["settled_by_id"], ["member.id"], name=op.f("fk_flag_settled_by_id_member")),
        sa.ForeignKeyConstraint(
            ["support_id"], ["support.id"], name=op.f("fk_flag_support_id_support"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag")),
    )
    with op.batch_alter_table("flag", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_flag_feedback_id"), ["feedback_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_flag_reply_id"), ["reply_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_flag_support_id"), ["support_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_flag_settled_at"), ["settled_at"], unique=False)

    op.create_table(
        "mention",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("reply_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["feedback.id"], name=op.f("fk_mention_feedback_id_feedback"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["reply_id"], ["reply.id"], name=op.f("fk_mention_reply_id_reply"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mention")),
    )
    with op.batch_alter_table("mention", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mention_feedback_id"), ["feedback_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mention_reply_id"), ["reply_id"], unique=False)

    op.create_table(
        "paper_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("page_digests", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_paper_version_file_id_stored_file")),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["paper.id"], name=op.f("fk_paper_version_paper_id_paper"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["member.id"], name=op.f("fk_paper_version_uploaded_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_version")),
        sa.UniqueConstraint("paper_id", "number", name=op.f("uq_paper_version_paper_id_number")),
    )
    op.create_table(
        "proposal_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["member.id"], name=op.f("fk_proposal_decision_decided_by_id_member")
        ),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_proposal_decision_meeting_id_meeting")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_decision_proposal_id_proposal"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_decision")),
    )
    with op.batch_alter_table("proposal_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_decision_proposal_id"), ["proposal_id"], unique=False)

    op.create_table(
        "redaction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("reply_id", sa.Integer(), nullable=True),
        sa.Column("support_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("characters", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("redacted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("redacted_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["feedback.id"], name=op.f("fk_redaction_feedback_id_feedback"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["redacted_by_id"], ["member.id"], name=op.f("fk_redaction_redacted_by_id_member")),
        sa.ForeignKeyConstraint(
            ["reply_id"], ["reply.id"], name=op.f("fk_redaction_reply_id_reply"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["support_id"], ["support.id"], name=op.f("fk_redaction_support_id_support"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redaction")),
    )
    with op.batch_alter_table("redaction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_redaction_feedback_id"), ["feedback_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_redaction_reply_id"), ["reply_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_redaction_support_id"), ["support_id"], unique=False)

    op.create_table(
        "reveal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("reply_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revealed_to_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["feedback.id"], name=op.f("fk_reveal_feedback_id_feedback"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["reply_id"], ["reply.id"], name=op.f("fk_reveal_reply_id_reply"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["revealed_to_id"], ["member.id"], name=op.f("fk_reveal_revealed_to_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reveal")),
    )
    with op.batch_alter_table("reveal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reveal_feedback_id"), ["feedback_id"], unique=False)

    with op.batch_alter_table("agenda_item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("parent_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("lead_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_agenda_item_parent_id"), ["parent_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_agenda_item_lead_id_member"), "member", ["lead_id"], ["id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_agenda_item_parent_id_agenda_item"), "agenda_item", ["parent_id"], ["id"], ondelete="CASCADE"
        )

    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.add_column(sa.Column("group_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("support_count", sa.Integer(), nullable=False, server_default=sa.text("0")))
        batch_op.add_column(sa.Column("assigned_to_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("first_answered_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("hidden_because", sa.Text(), nullable=False, server_default=sa.text("''")))
        batch_op.add_column(sa.Column("untold_from", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("said_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("occasion", sa.String(length=200), nullable=False, server_default=sa.text("''")))
        batch_op.create_index(batch_op.f("ix_feedback_assigned_to_id"), ["assigned_to_id"], unique=False)
        batch_op.create_index(
            "ix_feedback_support",
            ["support_count", "id"],
            unique=False,
            sqlite_where=sa.text("support_count > 0"),
            postgresql_where=sa.text("support_count > 0"),
        )
        batch_op.create_index(
            batch_op.f("ix_feedback_kind_support_count_posted_at_id"),
            ["kind", "support_count", "posted_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_feedback_untold",
            ["id"],
            unique=False,
            sqlite_where=sa.text("untold_from IS NOT NULL"),
            postgresql_where=sa.text("untold_from IS NOT NULL"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_feedback_assigned_to_id_member"), "member", ["assigned_to_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_feedback_group_id_member_group"), "member_group", ["group_id"], ["id"]
        )

    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_optional", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("stands_in_for_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("calendar_stamp", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("place", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("offered_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_invitation_stands_in_for_id_member"), "member", ["stands_in_for_id"], ["id"]
        )

    with op.batch_alter_table("invitation_reply", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stand_in", sa.String(length=300), nullable=False, server_default=sa.text("''")))

    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("list_name", sa.String(length=60), nullable=False, server_default=sa.text("''")))
        batch_op.add_column(
            sa.Column("unsubscribe_path", sa.String(length=300), nullable=False, server_default=sa.text("''"))
        )
        batch_op.add_column(
            sa.Column("thread_ref", sa.String(length=200), nullable=False, server_default=sa.text("''"))
        )
        batch_op.add_column(sa.Column("reply_to", sa.String(length=254), nullable=False, server_default=sa.text("''")))
        batch_op.create_index("ix_letter_to_address_written_at", ["to_address", "written_at"], unique=False)

    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("series_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("asks_replies", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("reply_by_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("items_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("papers_due_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("capacity", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("confirm_within_hours", sa.Integer(), nullable=False, server_default=sa.text("48"))
        )
        batch_op.add_column(sa.Column("freeze_hours", sa.Integer(), nullable=False, server_default=sa.text("24")))
        batch_op.add_column(sa.Column("check_in_code", sa.String(length=12), nullable=True))
        batch_op.add_column(sa.Column("needs_deleted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("evaluation_asked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_meeting_series_id"), ["series_id"], unique=False)
        batch_op.create_unique_constraint(batch_op.f("uq_meeting_check_in_code"), ["check_in_code"])
        batch_op.create_foreign_key(
            batch_op.f("fk_meeting_series_id_meeting_series"), "meeting_series", ["series_id"], ["id"]
        )

    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.add_column(sa.Column("digest_weekday", sa.SmallInteger(), nullable=False, server_default=sa.text("0")))
        batch_op.add_column(sa.Column("digested_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("read_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("posts_by_mail", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("wants_meeting_mail", sa.Boolean(), nullable=False, server_default=sa.true()))

    with op.batch_alter_table("minute_item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number", sa.String(length=20), nullable=False, server_default=sa.text("''")))

    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shown_as", sa.String(length=450), nullable=False, server_default=sa.text("''")))

    with op.batch_alter_table("reply", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(length=60), nullable=False, server_default=sa.text("'site'")))
        batch_op.add_column(sa.Column("said_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("official_kind", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("hidden_because", sa.Text(), nullable=False, server_default=sa.text("''")))
        batch_op.add_column(sa.Column("untold_from", sa.Integer(), nullable=True))
        batch_op.create_index(
            "ix_reply_untold",
            ["id"],
            unique=False,
            sqlite_where=sa.text("untold_from IS NOT NULL"),
            postgresql_where=sa.text("untold_from IS NOT NULL"),
        )

    with op.batch_alter_table("theme", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_checked_first", sa.Boolean(), nullable=False, server_default=sa.false()))

    # Until now every meeting was for everybody.
    meeting, audience = (
        sa.table("meeting", sa.column("id")),
        sa.table("audience", sa.column("meeting_id"), sa.column("kind"), sa.column("is_optional", sa.Boolean)),
    )
    everybody = sa.select(meeting.c.id, sa.literal("everyone"), sa.false())
    op.execute(audience.insert().from_select(["meeting_id", "kind", "is_optional"], everybody))
    keep_what_can_be_found()


def downgrade():
    keep_posts_alone()
    # ### commands auto generated by Alembic - please adjust! ###
    with op.batch_alter_table("theme", schema=None) as batch_op:
        batch_op.drop_column("is_checked_first")

    with op.batch_alter_table("reply", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_reply_untold",
            sqlite_where=sa.text("untold_from IS NOT NULL"),
            postgresql_where=sa.text("untold_from IS NOT NULL"),
        )
        batch_op.drop_column("untold_from")
        batch_op.drop_column("hidden_because")
        batch_op.drop_column("hidden_at")
        batch_op.drop_column("held_at")
        batch_op.drop_column("official_kind")
        batch_op.drop_column("said_on")
        batch_op.drop_column("source")

    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_column("shown_as")

    with op.batch_alter_table("minute_item", schema=None) as batch_op:
        batch_op.drop_column("number")

    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_column("wants_meeting_mail")
        batch_op.drop_column("posts_by_mail")
        batch_op.drop_column("read_until")
        batch_op.drop_column("digested_until")
        batch_op.drop_column("digest_weekday")

    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_meeting_series_id_meeting_series"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_meeting_check_in_code"), type_="unique")
        batch_op.drop_index(batch_op.f("ix_meeting_series_id"))
        batch_op.drop_column("evaluation_asked_at")
        batch_op.drop_column("needs_deleted_at")
        batch_op.drop_column("check_in_code")
        batch_op.drop_column("freeze_hours")
        batch_op.drop_column("confirm_within_hours")
        batch_op.drop_column("capacity")
        batch_op.drop_column("papers_due_on")
        batch_op.drop_column("items_until")
        batch_op.drop_column("reply_by_on")
        batch_op.drop_column("asks_replies")
        batch_op.drop_column("series_id")

    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.drop_index("ix_letter_to_address_written_at")
        batch_op.drop_column("reply_to")
        batch_op.drop_column("thread_ref")
        batch_op.drop_column("unsubscribe_path")
        batch_op.drop_column("list_name")

    with op.batch_alter_table("invitation_reply", schema=None) as batch_op:
        batch_op.drop_column("stand_in")

    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_invitation_stands_in_for_id_member"), type_="foreignkey")
        batch_op.drop_column("offered_until")
        batch_op.drop_column("waiting_since")
        batch_op.drop_column("place")
        batch_op.drop_column("calendar_stamp")
        batch_op.drop_column("stands_in_for_id")
        batch_op.drop_column("is_optional")

    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_feedback_group_id_member_group"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_feedback_assigned_to_id_member"), type_="foreignkey")
        batch_op.drop_index(
            "ix_feedback_support",
            sqlite_where=sa.text("support_count > 0"),
            postgresql_where=sa.text("support_count > 0"),
        )
        batch_op.drop_index(
            "ix_feedback_untold",
            sqlite_where=sa.text("untold_from IS NOT NULL"),
            postgresql_where=sa.text("untold_from IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_feedback_kind_support_count_posted_at_id"))
        batch_op.drop_index(batch_op.f("ix_feedback_assigned_to_id"))
        batch_op.drop_column("occasion")
        batch_op.drop_column("said_on")
        batch_op.drop_column("untold_from")
        batch_op.drop_column("hidden_because")
        batch_op.drop_column("hidden_at")
        batch_op.drop_column("held_at")
        batch_op.drop_column("first_answered_at")
        batch_op.drop_column("assigned_at")
        batch_op.drop_column("assigned_to_id")
        batch_op.drop_column("support_count")
        batch_op.drop_column("group_id")

    with op.batch_alter_table("agenda_item", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_agenda_item_parent_id_agenda_item"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_agenda_item_lead_id_member"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_agenda_item_parent_id"))
        batch_op.drop_column("lead_id")
        batch_op.drop_column("parent_id")

    with op.batch_alter_table("reveal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reveal_feedback_id"))

    op.drop_table("reveal")
    with op.batch_alter_table("redaction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_redaction_support_id"))
        batch_op.drop_index(batch_op.f("ix_redaction_reply_id"))
        batch_op.drop_index(batch_op.f("ix_redaction_feedback_id"))

    op.drop_table("redaction")
    with op.batch_alter_table("proposal_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposal_decision_proposal_id"))

    op.drop_table("proposal_decision")
    op.drop_table("paper_version")
    with op.batch_alter_table("mention", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mention_reply_id"))
        batch_op.drop_index(batch_op.f("ix_mention_feedback_id"))

    op.drop_table("mention")
    with op.batch_alter_table("flag", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_flag_settled_at"))
        batch_op.drop_index(batch_op.f("ix_flag_support_id"))
        batch_op.drop_index(batch_op.f("ix_flag_reply_id"))
        batch_op.drop_index(batch_op.f("ix_flag_feedback_id"))

    op.drop_table("flag")
    with op.batch_alter_table("parked_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_parked_file_parked_at"))
        batch_op.drop_index(batch_op.f("ix_parked_file_member_id_form_key"))
        batch_op.drop_index(batch_op.f("ix_parked_file_file_id"))

    op.drop_table("parked_file")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attachment_file_id"))
        batch_op.drop_index(batch_op.f("ix_attachment_attached_by_id"))
        batch_op.drop_index(batch_op.f("ix_attachment_scan"))
        batch_op.drop_index(batch_op.f("ix_attachment_reply_id"))
        batch_op.drop_index(batch_op.f("ix_attachment_feedback_id"))

    op.drop_table("attachment")
    with op.batch_alter_table("support", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_support_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_support_member_id"))

    op.drop_table("support")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposal_state"))
        batch_op.drop_index(batch_op.f("ix_proposal_proposed_by_id"))
        batch_op.drop_index(batch_op.f("ix_proposal_meeting_id"))

    op.drop_table("proposal")
    with op.batch_alter_table("paper", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_paper_agenda_item_id"))

    op.drop_table("paper")
    with op.batch_alter_table("mailing_order", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mailing_order_meeting_id"))

    op.drop_table("mailing_order")
    with op.batch_alter_table("internal_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_internal_note_feedback_id"))

    op.drop_table("internal_note")
    op.drop_table("feedback_answer")
    op.drop_table("agenda_challenge")
    op.drop_table("access_need")
    with op.batch_alter_table("telling", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_telling_meeting_id"))

    op.drop_table("telling")
    op.drop_table("sector_places")
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reminder_meeting_id"))

    op.drop_table("reminder")
    op.drop_table("paper_pack")
    op.drop_table("evaluation_given")
    with op.batch_alter_table("evaluation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evaluation_meeting_id"))

    op.drop_table("evaluation")
    with op.batch_alter_table("audience", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audience_meeting_id"))

    op.drop_table("audience")
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attendance_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_attendance_member_id"))

    op.drop_table("attendance")
    with op.batch_alter_table("outside_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outside_event_starts_at"))

    op.drop_table("outside_event")
    with op.batch_alter_table("member_alias", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_member_alias_member_id"))

    op.drop_table("member_alias")
    with op.batch_alter_table("group_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_member_member_id"))

    op.drop_table("group_member")
    with op.batch_alter_table("follow", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follow_kind_target_id"))

    op.drop_table("follow")
    op.drop_table("draft")
    with op.batch_alter_table("calendar_feed", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_calendar_feed_member_id"))

    op.drop_table("calendar_feed")
    with op.batch_alter_table("template_question", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_template_question_template_id"))

    op.drop_table("template_question")
    op.drop_table("theme_template")
    with op.batch_alter_table("series_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_series_item_series_id"))

    op.drop_table("series_item")
    with op.batch_alter_table("bounce", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bounce_letter_id"))
        batch_op.drop_index(batch_op.f("ix_bounce_address"))

    op.drop_table("bounce")
    op.drop_table("suppressed_address")
    with op.batch_alter_table("received_mail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_received_mail_verdict"))
        batch_op.drop_index(batch_op.f("ix_received_mail_received_at"))

    op.drop_table("received_mail")
    op.drop_table("member_group")
    op.drop_table("meeting_series")
    # ### end Alembic commands ###
