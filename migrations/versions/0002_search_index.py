"""The full-text index over search_entry: FTS5 on SQLite, a tsvector column on PostgreSQL. Both keep themselves."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQLITE = (
    "CREATE VIRTUAL TABLE search_index USING fts5(title, text, content='search_entry', content_rowid='id', "
    "tokenize='porter unicode61 remove_diacritics 2', prefix='2 3')",
    "CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN "
    "INSERT INTO search_index(rowid, title, text) VALUES (new.id, new.title, new.text); END",
    "CREATE TRIGGER search_entry_gone AFTER DELETE ON search_entry BEGIN "
    "INSERT INTO search_index(search_index, rowid, title, text) VALUES ('delete', old.id, old.title, old.text); END",
    "CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry BEGIN "
    "INSERT INTO search_index(search_index, rowid, title, text) VALUES ('delete', old.id, old.title, old.text); "
    "INSERT INTO search_index(rowid, title, text) VALUES (new.id, new.title, new.text); END",
    "INSERT INTO search_index(search_index) VALUES ('rebuild')",
)
# PostgreSQL takes <b> for markup, and addresses and county-lines for one word: signs become spaces, as FTS5 has it.
SIGNS = "<>/@._-:&=?#+~"
WORDS = f"to_tsvector('english', translate(%s, '{SIGNS}', repeat(' ', {len(SIGNS)})))"
POSTGRESQL = (
    "ALTER TABLE search_entry ADD COLUMN document tsvector GENERATED ALWAYS AS "
    f"(setweight({WORDS % 'title'}, 'A') || setweight({WORDS % 'text'}, 'B')) STORED",
    "CREATE INDEX ix_search_entry_document ON search_entry USING gin (document)",
)


def upgrade():
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_search_entry_document")
        op.execute("ALTER TABLE search_entry DROP COLUMN document")
        return
    for trigger in ("search_entry_added", "search_entry_gone", "search_entry_changed"):
        op.execute(f"DROP TRIGGER {trigger}")
    op.execute("DROP TABLE search_index")
