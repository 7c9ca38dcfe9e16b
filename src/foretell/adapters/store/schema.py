"""The tables. Numbers that are aggregated are narrow columns; everything else of a trial is one compressed blob.

Names of modes and scorers are stored once (`names`) and equal sets of cases once (`case_sets`, `cases`). Types are
those that SQLite and PostgreSQL share; options of one dialect only change how a table is laid out on disk.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

tables = MetaData()

# A table whose rows live in the primary key's tree: one tree to write instead of two. Only for narrow rows.
_IN_KEY_ORDER: dict[str, Any] = {"sqlite_with_rowid": False}

migrations = Table(
    "foretell_migrations",
    tables,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("name", String, nullable=False),
    Column("applied_at", String, nullable=False),
)

names = Table(
    "names",
    tables,
    Column("no", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
)

case_sets = Table(
    "case_sets",
    tables,
    Column("no", Integer, primary_key=True),
    Column("digest", String, nullable=False, unique=True),  # of the encoded cases in their order
    Column("case_keys", LargeBinary),  # key_of(id) of each case as little-endian int64; null until all cases are there
)

cases = Table(
    "cases",
    tables,
    Column("set_no", Integer, primary_key=True),
    Column("case_no", Integer, primary_key=True),
    Column("id", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

runs = Table(
    "runs",
    tables,
    Column("no", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("set_no", Integer, nullable=False),
    Column("created_at", String, nullable=False),
    Column("status", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("group_name", String, nullable=False, server_default=""),
    Column("suite", String, nullable=False, server_default=""),
    Index("runs_by_time", "created_at"),
)

trials = Table(
    "trials",
    tables,
    Column("run_no", Integer, primary_key=True),
    Column("case_no", Integer, primary_key=True),
    Column("repeat", Integer, primary_key=True),
    Column("state", SmallInteger, nullable=False),  # 1 success, 0 failure, -1 unscored
    Column("mode", Integer),  # names.no of the primary mode
    Column("cluster", BigInteger),  # key_of(conversation id), null where the case is its own cluster
    Column("cost", Double),
    Column("latency", Double),
    Column("environment", SmallInteger, nullable=False),
    Column("input_tokens", Integer),
    Column("output_tokens", Integer),
    Column("attempts", Integer, nullable=False),
    **_IN_KEY_ORDER,
)

judging = Table(
    "judging",
    tables,
    Column("run_no", Integer, primary_key=True),
    Column("case_no", Integer, primary_key=True),
    Column("repeat", Integer, primary_key=True),
    Column(
        "cost", Double
    ),  # of scorers and the simulated user, null where unknown; trials whose judging was free: none
    **_IN_KEY_ORDER,
)

transcripts = Table(
    "transcripts",
    tables,
    Column("run_no", Integer, primary_key=True),
    Column("case_no", Integer, primary_key=True),
    Column("repeat", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

secondary_modes = Table(
    "secondary_modes",
    tables,
    Column("run_no", Integer, primary_key=True),
    Column("mode", Integer, primary_key=True),
    Column("case_no", Integer, primary_key=True),
    Column("repeat", Integer, primary_key=True),
    **_IN_KEY_ORDER,
)

scores = Table(
    "scores",
    tables,
    Column("run_no", Integer, primary_key=True),
    Column("scorer", Integer, primary_key=True),
    Column("case_no", Integer, primary_key=True),
    Column("repeat", Integer, primary_key=True),
    Column("value", Double),  # null where the scorer failed and for a label; no row where it does not apply
    **_IN_KEY_ORDER,
)

records = Table(
    "records",
    tables,
    Column("no", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("key", String, nullable=False),
    Column("at", String, nullable=False),
    Column("digest", String, nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),
    Index("records_by_key", "kind", "key"),
)

leases = Table(
    "leases",
    tables,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("until", Double, nullable=False),  # seconds since the epoch, by the database's clock
)

cache = Table(
    "cache",
    tables,
    Column("key", String, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

ratings = Table(
    "ratings",
    tables,
    Column("no", Integer, primary_key=True),
    Column("aspect", String, nullable=False),
    Column("item", String, nullable=False),
    Column("rater", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("label", Text, nullable=False),  # JSON
    Column("confidence", Double),
    Column("at", String),
    Column("digest", String, unique=True),  # of a rating that has a time; others may be said twice
    Index("ratings_by_item", "aspect", "item", "rater"),
)

interactions = Table(
    "interactions",
    tables,
    Column("id", String, primary_key=True),
    Column("at", BigInteger, nullable=False),  # microseconds since the epoch
    Column("body", LargeBinary, nullable=False),
    Column("conversation", String),
    Index("interactions_by_time", "at", "id"),
    Index("interactions_by_conversation", "conversation"),
)

arrivals = Table(
    "arrivals",  # covered spans, until their trace is whole
    tables,
    Column("no", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

samples = Table(
    "samples",
    tables,
    Column("hash", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
