"""The tables, as SQLite and PostgreSQL would make them."""

import pytest
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from foretell.adapters.store.schema import tables


def ddl(table: Table, dialect: object) -> str:
    return str(CreateTable(table).compile(dialect=dialect))


@pytest.mark.parametrize("table", tables.sorted_tables, ids=lambda table: table.name)
def test_a_table_has_only_types_that_both_databases_know(table: Table) -> None:
    kinds = {type(column.type).__name__ for column in table.columns}
    assert kinds <= {"Integer", "SmallInteger", "BigInteger", "Double", "String", "Text", "LargeBinary"}
    assert "ROWID" not in ddl(table, postgresql.dialect())


def test_narrow_tables_are_kept_in_the_order_of_their_key() -> None:
    in_key_order = {table.name for table in tables.sorted_tables if "WITHOUT ROWID" in ddl(table, sqlite.dialect())}
    assert in_key_order == {"trials", "scores", "secondary_modes", "judging"}
