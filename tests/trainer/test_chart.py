"""Charts: round numbers on the axis, every point inside the frame and at its own place, everything escaped."""

import itertools
import math
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.chart import Line, line_chart, smoothed

SVG = "{http://www.w3.org/2000/svg}"
LEFT, RIGHT, TOP, BOTTOM = 56.0, 720.0 - 16, 28.0, 260.0 - 34
VALUES = st.floats(-1e6, 1e6).map(lambda value: round(value, 4))
POINTS = st.lists(VALUES, min_size=1, max_size=12).map(lambda ys: [(float(x), y) for x, y in enumerate(ys)])


def drawn(*lines: Line, zero: bool = False, title: str = "t") -> ElementTree.Element:
    return ElementTree.fromstring(line_chart(title, list(lines), zero=zero))


def vertices(tree: ElementTree.Element) -> list[list[tuple[float, float]]]:
    found = []
    for line in tree.iter(f"{SVG}polyline"):
        pairs = [pair.split(",") for pair in line.attrib["points"].split()]
        found.append([(float(x), float(y)) for x, y in pairs])
    return found


def axis(tree: ElementTree.Element) -> list[tuple[float, float]]:
    """Return the numbers of the y axis with the heights of their grid lines, the lowest first."""
    heights = [float(line.attrib["y1"]) for line in tree.iter(f"{SVG}line") if line.attrib["class"] == "grid"]
    numbers = [float(text.text or "") for text in tree.iter(f"{SVG}text") if text.get("text-anchor") == "end"]
    return list(zip(numbers, heights, strict=True))


@given(POINTS, st.booleans())
def test_every_point_lies_within_the_frame(points: list[tuple[float, float]], zero: bool) -> None:
    """Whatever the values, vertices are inside the axes, from the left edge to the right one in the order of x."""
    points = [(x, abs(y)) for x, y in points] if zero else points
    (line,) = vertices(drawn(Line(label="x", points=points), zero=zero))
    assert len(line) == len(points)
    assert all(LEFT - 0.1 <= x <= RIGHT + 0.1 and TOP - 0.1 <= y <= BOTTOM + 0.1 for x, y in line)
    assert line[0][0] == LEFT
    if len(points) > 1:
        assert line[-1][0] == RIGHT
    for (before, here), (one, other) in zip(itertools.pairwise(points), itertools.pairwise(line), strict=True):
        assert one[0] < other[0]
        if here[1] > before[1]:
            assert other[1] <= one[1], "what is higher is drawn higher"


@given(POINTS)
def test_a_point_is_read_off_the_axis(points: list[tuple[float, float]]) -> None:
    """Between the lowest and the highest number of the axis a vertex stands where its value belongs."""
    tree = drawn(Line(label="x", points=points))
    numbers = axis(tree)
    (low, floor), (high, ceiling) = numbers[0], numbers[-1]
    assert (floor, ceiling) == (BOTTOM, TOP)
    spread = high - low
    for (_, y), (_, height) in zip(points, vertices(tree)[0], strict=True):
        # numbers of the axis are written with four digits
        blur = 2 * (BOTTOM - TOP) * max(abs(low), abs(high)) * 1e-3 / spread + 0.2
        assert height == pytest.approx(floor - (y - low) / spread * (floor - ceiling), abs=blur)


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_the_axis_is_evenly_cut_and_covers_the_values(one: float, other: float) -> None:
    """Three to seven grid lines, evenly apart, the lowest not above and the highest not below any value."""
    low, high = sorted((one, other))
    numbers = axis(drawn(Line(label="x", points=[(0, low), (1, high)])))
    assert 2 <= len(numbers) <= 7
    heights = [height for _, height in numbers]
    gaps = [before - after for before, after in itertools.pairwise(heights)]
    assert max(gaps) - min(gaps) <= 0.2
    assert numbers[0][0] <= low * 1.001
    assert numbers[-1][0] >= high * 0.999


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        ((0.0, 4.0), [0, 1, 2, 3, 4]),
        ((0.0, 1.0), [0, 0.25, 0.5, 0.75, 1]),
        ((0.0, 7.0), [0, 2, 4, 6, 8]),
        ((1.2, 3.9), [1, 2, 3, 4]),
        ((-1.0, 1.0), [-1, -0.5, 0, 0.5, 1]),
        ((990.0, 1010.0), [990, 995, 1000, 1005, 1010]),
        ((0.0, 0.0), [0, 0.25]),
        ((5.0, 5.0), [4, 6]),
    ],
)
def test_the_numbers_of_the_axis_are_round(values: tuple[float, float], numbers: list[float]) -> None:
    """Steps are 1, 2, 2.5 or 5 times a power of ten, from below the values to above them."""
    found = [number for number, _ in axis(drawn(Line(label="x", points=[(0, values[0]), (1, values[1])])))]
    assert found[0] <= values[0] <= values[1] <= found[-1]
    if values[0] != values[1]:
        assert found == numbers


def test_an_axis_from_zero_starts_there() -> None:
    """With `zero` the lowest number is 0, whatever the values; without it the axis is cut to them."""
    line = Line(label="x", points=[(0, 100.0), (1, 101.0)])
    assert axis(drawn(line, zero=True))[0][0] == 0
    assert axis(drawn(line))[0][0] == 100


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_leaves_a_gap_and_the_rest(odd: float) -> None:
    """The other points keep their places, and the axis is theirs."""
    whole = drawn(Line(label="x", points=[(0, 1.0), (1, 2.0), (2, 3.0)]))
    gappy = drawn(Line(label="x", points=[(0, 1.0), (1, odd), (2, 3.0)], strong=True))
    assert vertices(gappy)[0] == [vertices(whole)[0][0], vertices(whole)[0][2]]
    assert axis(gappy) == axis(whole)
    assert len(list(gappy.iter(f"{SVG}circle"))) == 2


def test_two_lines_share_their_axes_and_are_told_apart() -> None:
    """Equal values of two lines are at one height, a strong one has its dots on its vertices, labels name both."""
    tree = drawn(
        Line(label="train", points=[(0, 1.0), (10, 3.0)]),
        Line(label="nothing", points=[]),
        Line(label="validation", points=[(0, 3.0), (5, 1.0)], strong=True),
    )
    first, second = vertices(tree)
    assert (first[0][1], first[1][1]) == (second[1][1], second[0][1])
    assert second[1][0] == pytest.approx((first[0][0] + first[1][0]) / 2)
    dots = [(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in tree.iter(f"{SVG}circle")]
    assert dots == second
    assert [line.attrib["class"] for line in tree.iter(f"{SVG}polyline")] == ["one", "other"]
    words = [text.text for text in tree.iter(f"{SVG}text")]
    assert {"train", "validation", "step", "t"} <= set(words)
    assert "nothing" not in words
    keys = [float(line.attrib["x1"]) for line in tree.iter(f"{SVG}line") if line.attrib["class"] != "grid"]
    assert keys == sorted(keys)
    assert all(LEFT < x < RIGHT - 40 for x in keys), "the labels stay within the picture"


@pytest.mark.parametrize("text", ["<b>", "a & b", '"quoted"', "शिवाजी’", "]]>"])
def test_titles_and_labels_are_text(text: str) -> None:
    """Whatever stands in a title, an axis label or a line's label comes back as text of a well-formed tree."""
    made = line_chart(text, [Line(label=text, points=[(0, 1)])], x_label=text)
    tree = ElementTree.fromstring(made)
    assert tree.attrib["aria-label"] == text
    assert [element.text for element in tree.iter(f"{SVG}text")].count(text) == 3


def test_the_ends_of_the_x_axis_are_named() -> None:
    """The first and the last x stand under the frame; a single point gets an axis of one step."""
    tree = drawn(Line(label="x", points=[(3, 1.0), (1200, 2.0)]))
    words = [text.text for text in tree.iter(f"{SVG}text") if text.get("text-anchor") == "middle"]
    assert words[:2] == ["3", "1200"]
    alone = drawn(Line(label="x", points=[(3, 1.0)]))
    assert [text.text for text in alone.iter(f"{SVG}text") if text.get("text-anchor") == "middle"][:2] == ["3", "4"]


@given(POINTS, st.integers(1, 15))
def test_a_running_mean_is_the_mean_of_what_is_near(points: list[tuple[float, float]], window: int) -> None:
    """Each point is the mean of half a window on either side, cut at the ends; x stays, nothing leaves the range."""
    found = smoothed(points, window=window)
    reach = window // 2
    for number, (x, y) in enumerate(found):
        near = [value for place, (_, value) in enumerate(points) if abs(place - number) <= reach]
        assert x == points[number][0]
        assert y == pytest.approx(sum(near) / len(near))
    assert len(found) == len(points)
