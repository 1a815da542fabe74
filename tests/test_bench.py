"""What `make bench` says of a run: which goals are missed, and the picture of it."""

from bench.picture import drawn, table
from bench.report import GOALS, missed


def run_of(share):
    """Return figures that use this share of each goal."""
    found = {}
    for goal in GOALS:
        floor = found.setdefault(f"floor {goal.floor}", {})
        floor[goal.figure] = 2.0
        limit = goal.least / share if goal.least else goal.most * share
        ours = found.setdefault(f"ours {goal.ours}", {})
        ours[goal.figure] = limit * (2.0 if goal.is_multiple else 1)
    return found


def test_a_goal_is_missed_on_its_wrong_side_alone():
    assert missed(run_of(share=0.9)) == missed(run_of(share=1)) == []
    over = missed(run_of(share=1.1))
    # No share of no statements is too many.
    assert len(over) == len(GOALS) - 1
    assert "home           cpu_ms              3.30x  <= 3     MISSED" in over
    assert "hold           per_second          0.27x  >= 0.3   MISSED" in over


def test_the_picture_and_the_table_say_the_figures():
    over = run_of(share=1.1)
    over["ours home"]["statements"] = 2
    assert drawn(over).count('class="missed"') == len(GOALS)
    assert drawn(run_of(share=0.5)).count('class="met"') == len(GOALS)
    assert "booking: processor time: 19.8× of 18×" in drawn(over)
    row = next(line for line in table(over, {}) if line.startswith("| home page"))
    assert row == "| home page | 2.0 ms |  |  | 6.6 ms (3.3×), 2 SQL | 3×, 0 SQL |"
