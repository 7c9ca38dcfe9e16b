import pytest

from foretell.reports.layout import sheet_lines, shorten, width_of, wrap
from foretell.reports.tables import Sheet

SHEET = Sheet(
    "Fruit",
    ("fruit", ">price", "drawing", "from", "note"),
    (
        ("apple", "$1", "●──", "Kent", "keeps well through the winter"),
        ("quince", "$12", "──●", "–", ""),
    ),
    ("Prices are those of one market on one morning, and of one stall.",),
    drawn=("drawing",),
    minor=("from",),
    long=("note",),
)


def test_all_the_room_shows_all() -> None:
    assert sheet_lines(SHEET) == [
        "Fruit",
        "fruit   price  drawing  from  note",
        "apple      $1  ●──      Kent  keeps well through the winter",
        "quince    $12  ──●      –",
        "Prices are those of one market on one morning, and of one stall.",
    ]


def test_drawings_go_first() -> None:
    assert sheet_lines(SHEET, 52)[1:] == [
        "fruit   price  from  note",
        "apple      $1  Kent  keeps well through the winter",
        "quince    $12  –",
        "Prices are those of one market on one morning, and",
        "  of one stall.",
    ]


def test_then_what_matters_less_goes_below_its_row_where_there_is_something_to_say() -> None:
    assert sheet_lines(SHEET, 45)[1:5] == [
        "fruit   price  note",
        "apple      $1  keeps well through the winter",
        "    from Kent",
        "quince    $12",
    ]


def test_then_long_texts_lose_their_ends() -> None:
    assert sheet_lines(SHEET, 40)[1:4] == [
        "fruit   price  note",
        "apple      $1  keeps well through the w…",
        "    from Kent",
    ]


def test_in_the_end_all_but_the_first_column_goes_below() -> None:
    assert sheet_lines(SHEET, 24)[1:6] == [
        "fruit",
        "apple",
        "    price $1 · from Kent",
        "    note keeps well",
        "      through the winter",
    ]


@pytest.mark.parametrize("width", range(24, 80))
def test_no_line_is_wider_than_the_room(width: int) -> None:
    assert max(map(width_of, sheet_lines(SHEET, width))) <= width


def test_a_sheet_without_rows_has_no_heads() -> None:
    assert sheet_lines(Sheet("Nothing", ("a", "b"), (), ("None was found.",))) == ["Nothing", "None was found."]


def test_wide_and_combining_letters_are_measured_as_they_are_drawn() -> None:
    sheet = Sheet("", ("id", "n"), (("日本", "1"), ("e\u0301te\u0301", "2"), ("abcd", "3")))
    assert sheet_lines(sheet) == ["id    n", "日本  1", "e\u0301te\u0301   2", "abcd  3"]


def test_cells_hold_no_line_breaks_and_obey_no_terminal() -> None:
    sheet = Sheet("a\x1b[2J", ("id",), (("a\nb\x1b[31m",),), ("c\x07",))
    assert sheet_lines(sheet) == ["a\\x1b[2J", "id", "a\\nb\\x1b[31m", "c\\x07"]


def test_a_sentence_keeps_its_indentation() -> None:
    assert wrap("  one two three four", 12) == ["  one two", "    three", "    four"]
    assert wrap("a-word-that-is-too-long", 5) == ["a-word-that-is-too-long"]


@pytest.mark.parametrize(("text", "width", "short"), [("as it is", 8, "as it is"), ("日本語です", 7, "日本語…")])
def test_texts_are_cut_to_their_width(text: str, width: int, short: str) -> None:
    assert shorten(text, width) == short
