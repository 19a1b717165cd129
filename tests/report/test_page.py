"""The page in a real browser: what it asks for, says on its console, and shows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from report.database import duckdb_file
from report.page import page
from report.tables import companies_of
from report.wording import Language
from tests.browser import Page, browser
from tests.report import books

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHARTS = {
    "Driftsinntekter per måned": 2 * 12 - 1,  # nothing yet in December of this year
    "Resultat per måned": 2 * 12 - 1,
    "Balanse": 3,
    "Kundefordringer etter alder": 2,
    "Leverandørgjeld etter alder": 1,
    "Likviditet neste 30 dager": 31,
    "Største kunder": 3,
    "Timer per prosjekt": 3,
}
"""Each chart, and how many bars or points in it are to be seen."""

MARKS = """
Object.fromEntries([...document.querySelectorAll(".chart")].map(chart => [
  chart.getAttribute("aria-label"),
  [...chart.querySelectorAll(".bars .point path, .scatterlayer .point")].filter(mark => {
    const {width, height} = mark.getBoundingClientRect();
    return width > 0 && height > 0;
  }).length]))
"""

OUTSIDE = """
[...document.querySelectorAll("h1, h2, h3, p, .legend span, .chart text")].filter(text => {
  const {left, right, width} = text.getBoundingClientRect();
  return width > 0 && (left < 0 || right > innerWidth);
}).map(text => text.textContent)
"""

OVERLAPS = """
[...document.querySelectorAll(".chart")].flatMap(chart =>
  [".xtick text", ".ytick text"].flatMap(kind => {
    const boxes = [...chart.querySelectorAll(kind)].map(text => text.getBoundingClientRect());
    return boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b =>
      a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
    ).map(() => chart.getAttribute("aria-label"));
  }))
"""

CUT = """
[...document.querySelectorAll(".checks .scroll, .company > p, h1, h2")]
  .filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.textContent)
"""

CONTRASTS = """
(() => {
  const parts = colour => colour.match(/[0-9.]+/g).map(Number);
  const light = colour => parts(colour).slice(0, 3).map(part => part / 255).map(part =>
    part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  ).reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  const paper = place => {
    for (; place; place = place.parentElement) {
      const {backgroundColor} = getComputedStyle(place);
      if ((parts(backgroundColor)[3] ?? 1) > 0) return backgroundColor;
    }
  };
  const texts = "h1, h2, h3, p, td, th, summary, .verdict, .legend span, .chart text";
  return Math.min(...[...document.querySelectorAll(texts)].map(text => {
    const style = getComputedStyle(text);
    const ink = light(text.ownerSVGElement ? style.fill : style.color);
    const back = light(paper(text));
    return (Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05);
  }));
})()
"""

LEAST_CONTRAST = 4.5  # of WCAG 2.2 AA, for text


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    with browser() as page_of_all:
        yield page_of_all


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    return make(folder, {1: "Trollheimen <i>Kaffe</i> & Kode AS"})


def make(folder: Path, companies: dict[int, str], language: str = "nb", **marts: Any) -> Path:
    with duckdb_file(
        books.write(folder / "b.duckdb", companies, **marts), "accounting"
    ) as database:
        found = companies_of(database, language)
    path = folder / "report.html"
    path.write_text(page(found, Language(language)), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_reads_well(tab: Page, made: Path, width: int, dark: bool) -> None:  # noqa: FBT001
    tab.open(made, width, dark=dark)
    assert tab.requests == [made.as_uri()]
    assert tab.complaints == []
    assert tab.evaluate(MARKS) == CHARTS
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    assert tab.evaluate(OUTSIDE) == []
    assert tab.evaluate(OVERLAPS) == []
    assert tab.evaluate(CUT) == []
    assert tab.evaluate(CONTRASTS) >= LEAST_CONTRAST
    brightness = tab.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/)[0]")
    assert (int(brightness) < 60) is dark


@pytest.mark.parametrize("times", [12345, 123456789])
@pytest.mark.parametrize("width", [400, 1400])
def test_large_amounts_and_long_names_fit(
    tab: Page, tmp_path: Path, width: int, times: int
) -> None:
    path = make(tmp_path, {1: "Menneskerettighetsorganisasjonssekretariatet" * 2}, times=times)
    tab.open(path, width)
    assert tab.evaluate(MARKS) == CHARTS
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    for measure in (OUTSIDE, OVERLAPS, CUT):
        assert tab.evaluate(measure) == []
    units = tab.evaluate("[...document.querySelectorAll('.legend')].map(l => l.innerText)")
    assert any("i tusen kroner" in unit for unit in units)


def test_a_page_that_asks_for_anything_is_seen(tab: Page, made: Path, tmp_path: Path) -> None:
    text = made.read_text(encoding="utf-8").replace("</main>", '<img src="http://127.0.0.1:9/x">')
    broken = tmp_path / "broken.html"
    broken.write_text(text, encoding="utf-8")
    tab.open(broken, 1400)
    # Its own policy keeps the page from it, and says so on the console.
    assert any("Content Security Policy" in complaint for complaint in tab.complaints)
    broken.write_text(text.replace("Content-Security-Policy", "x"), encoding="utf-8")
    tab.open(broken, 1400)
    assert "http://127.0.0.1:9/x" in tab.requests


def test_names_are_text_whatever_they_look_like(tab: Page, made: Path) -> None:
    tab.open(made, 1400)
    assert tab.evaluate("document.querySelectorAll('main b, main i').length") == 0
    assert tab.evaluate("document.querySelector('h1').textContent") == (
        "Trollheimen <i>Kaffe</i> & Kode AS"
    )
    cells = tab.evaluate("[...document.querySelectorAll('td')].map(cell => cell.textContent)")
    assert books.ODD_NAME in cells
    labels = tab.evaluate("[...document.querySelectorAll('.ytick')].map(t => t.textContent)")
    assert [label for label in labels if label.startswith("=1+1 </script><b>B")]


def test_numbers_on_axes_are_written_as_the_language_does(
    tab: Page, made: Path, tmp_path: Path
) -> None:
    ticks = "[...document.querySelectorAll('.chart .ytick')].map(tick => tick.textContent)"
    tab.open(made, 1400)
    assert "1\u202f000\u202f000" in tab.evaluate(ticks)
    tab.open(make(tmp_path, {1: "A"}, "en"), 1400)
    assert "1,000,000" in tab.evaluate(ticks)
    assert tab.evaluate("document.documentElement.lang") == "en"
    text: Any = tab.evaluate("document.body.innerText")
    assert "Everything ties out" in text
    assert "Receivables by age" in text


def test_a_difference_is_red_with_its_figures(tab: Page, tmp_path: Path) -> None:
    path = make(tmp_path, {1: "A"}, off=Decimal("1234.50"))
    tab.open(path, 1400)
    bad = tab.evaluate("[...document.querySelectorAll('.bad')].map(e => e.innerText)")
    assert bad == ["✗ Noe stemmer ikke", "Avvik"]
    row = tab.evaluate("document.querySelector('td .bad').closest('tr').innerText")
    assert "1\u202f234,50" in row
    red = tab.evaluate(
        "getComputedStyle(document.querySelector('td .bad')).color.match(/[0-9]+/g).map(Number)"
    )
    assert red[0] > 2 * max(red[1:])


def test_charts_of_a_company_are_drawn_when_it_is_opened(tab: Page, tmp_path: Path) -> None:
    path = make(tmp_path, {1: "A", 2: "B"})
    drawn = "document.querySelectorAll('.js-plotly-plot').length"
    tab.open(path, 1400)
    assert tab.evaluate(drawn) == 0
    tab.evaluate("document.querySelectorAll('details.company')[1].open = true")
    tab.evaluate("new Promise(done => setTimeout(done, 500))")
    assert tab.evaluate(drawn) == len(CHARTS)
    assert tab.complaints == []
