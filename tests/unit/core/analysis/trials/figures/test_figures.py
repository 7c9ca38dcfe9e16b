"""What counts as a figure, and which figures mean the same."""

import pytest

from foretell.core.analysis.trials.figures.find import find_figures, rewrite, unbacked

SAME = [
    ("thirty days", "30 days"),
    ("a 30-day window", "30 days"),
    ("30 Tage", "30 days"),
    ("dreißig Tagen", "30 days"),
    ("twenty-four hours", "1 day"),
    ("two weeks", "14 days"),
    ("18 months", "1.5 years"),
    ("within one week", "within a week"),
    ("1,000 points", "1000 points"),
    ("1.000 Punkte", "1000 points"),
    ("1'000", "1000"),
    ("1.5 million", "1,500,000"),
    ("$5", "5 USD"),
    ("5 dollars", "$5.00"),
    ("€8,50", "8.50 EUR"),
    ("£2k", "£2,000"),
    ("£5", '{"fee": 5}'),
    ("25 percent", "25%"),
    ("25 per cent", "25 Prozent"),
    ("12%", '{"rate": 0.12}'),
    ("16 October 2026", "2026-10-16"),
    ("October 16th, 2026", "16. Oktober 2026"),
    ("16 octobre 2026", "16 de octubre de 2026"),
    ("16/10/2026", "10/16/2026"),
    ("16 October", "2026-10-16T09:30:00Z"),
    ("at 9:30", "2026-10-16T09:30:00Z"),
    ("2 pm", "14:00"),
    ("2:30 p.m.", "14:30"),
    ("14 Uhr", "14:00"),
    ("5 pm", "from 9:00 to 17:00"),
    ("24/7", "around the clock"),
    ("24/7", "24 hours a day, 7 days a week"),
    ("020 7946 0142", "+44 20 7946 0142"),
    ("020 7946 0142", "02079460142"),
    ("version 3.11.2", "3.11.2"),
    ("3–5 days", "3 to 5 working days"),
    ("order 4102", "LK-4102"),
    ("a refund of £50", '{"amount": -50}'),
    ("10 GB", "10GB"),
    ("- 5 tents", "5 tents"),
    ("Economy - $88", "88 USD"),
    ("-$5", "-5 USD"),
]
DIFFERENT = [
    ("31 days", "30 days"),
    ("30 days", "30 hours"),
    ("$5", "5 EUR"),
    ("5%", "5 days"),
    ("16 October", "17 October"),
    ("16 October 2027", "16 October 2026"),
    ("16 October 2026", "16 October"),
    ("1 month", "30 days"),
    ("3 pm", "14:00"),
    ("1,000", "1"),
    ("0.5", "5"),
    ("020 7946 0142", "020 7946 0143"),
    ("3.11.2", "3.11.3"),
    ("two hours", "no hours"),
    ("-5 degrees", "5 degrees"),
]
NO_FIGURES = [
    "No one of the two options fits; one may choose.",
    "1. Open the page\n2. Print the label",
    "Step 1: see [2] and order LK-4102, an A4 sheet, the MP3 or 3D model.",
    "See https://example.com/2024/05 or write to a1@example.com.",
    "A second exchange and two second-hand tents.",
    "You may 'march' on.",
    "",
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_figures_that_mean_the_same_back_each_other(one: str, other: str) -> None:
    assert find_figures(one)
    assert unbacked(one, [other]) == ()


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_figures_do_not(one: str, other: str) -> None:
    assert unbacked(one, [other]) != ()


@pytest.mark.parametrize("text", NO_FIGURES)
def test_what_is_no_figure(text: str) -> None:
    assert find_figures(text) == ()


def test_a_figure_knows_its_place() -> None:
    text = "Within 30 days, for £4.95, call 020 7946 0142."
    found = find_figures(text)
    assert [figure.text for figure in found] == ["30 days", "£4.95", "020 7946 0142"]
    assert all(text[figure.start : figure.end] == figure.text for figure in found)


def test_equal_figures_are_rewritten_alike() -> None:
    assert rewrite("Six business days or 25 percent") == rewrite("6 working days or 25%")
    assert rewrite("6 days") != rewrite("6 working days")
