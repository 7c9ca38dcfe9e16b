"""What SQLite says, in words of ours."""

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from foretell.adapters.store.faults import in_our_words
from foretell.core.errors import BadInput, ForetellError, RunFailed, Unreachable


def said(name: str) -> Exception:
    error = sqlite3.OperationalError("as SQLite puts it")
    error.sqlite_errorname = name
    return OperationalError("insert", {}, error)


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("SQLITE_FULL", RunFailed, "the disk is full. Free some space"),
        ("SQLITE_READONLY_DBMOVED", RunFailed, "it cannot be written. Check the rights"),
        ("SQLITE_BUSY_SNAPSHOT", RunFailed, "another process has held it for over 30 seconds."),
        ("SQLITE_LOCKED", RunFailed, "it is locked."),
        ("SQLITE_IOERR_WRITE", RunFailed, "the disk failed to read or write."),
        ("SQLITE_CANTOPEN", RunFailed, "it cannot be opened."),
        ("SQLITE_TOOBIG", RunFailed, "a value is over"),
        ("SQLITE_ERROR", RunFailed, "the database refused: as SQLite puts it."),
        ("SQLITE_NOTADB", BadInput, "is damaged or not a store (as SQLite puts it). Restore it"),
        ("SQLITE_CORRUPT_VTAB", BadInput, "is damaged or not a store (as SQLite puts it). Restore it"),
    ],
)
def test_an_error_says_what_is_wrong_and_what_to_do(name: str, kind: type[ForetellError], text: str) -> None:
    found = in_our_words(said(name), "s.db")
    assert (type(found), str(found).startswith(f"Store s.db: {text}")) == (kind, True)


def test_the_kind_can_be_given() -> None:
    assert type(in_our_words(said("SQLITE_BUSY"), "s.db", Unreachable)) is Unreachable
    assert type(in_our_words(said("SQLITE_NOTADB"), "s.db", Unreachable)) is BadInput


def test_an_error_of_the_driver_itself_is_read_too() -> None:
    error = sqlite3.OperationalError("as SQLite puts it")
    error.sqlite_errorname = "SQLITE_FULL"
    assert str(in_our_words(error, "s.db")).startswith("Store s.db: the disk is full.")
