"""The activity log, append-only by triggers as periods and manual journals are (0002).

There is no way back: what auditors rely on does not become alterable again. Restore a backup instead.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# As the function of 0002 says it on PostgreSQL.
_REFUSAL = "activity_log is append-only, as auditors need it: record another entry that corrects this one"


def upgrade() -> None:
    """Make the triggers."""
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER IF NOT EXISTS activity_log_refuse_{change.lower()} BEFORE {change} ON activity_log "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
        # INSERT OR REPLACE removes a row without asking the triggers for DELETE.
        op.execute(
            "CREATE TRIGGER IF NOT EXISTS activity_log_refuse_replace BEFORE INSERT ON activity_log "
            "WHEN EXISTS (SELECT 1 FROM activity_log WHERE id = NEW.id) "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )
    else:
        op.execute("DROP TRIGGER IF EXISTS activity_log_refuse_change ON activity_log")
        op.execute(
            "CREATE TRIGGER activity_log_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON activity_log "
            "FOR EACH STATEMENT EXECUTE FUNCTION revrec_books_refuse_change()"
        )
