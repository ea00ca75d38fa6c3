"""The pages under a finger: long presses, swipes, filters that close, and nothing that is hidden or covered."""

from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.web.browser.conftest import Visit, ids_of, wait_answers
from tests.web.conftest import PHONE

pytestmark = [pytest.mark.slow, pytest.mark.spark]

FINGER: dict[str, Any] = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
COVERED = """() => {
  const [note, bar] = ['.toast', '.selection'].map(one => document.querySelector(one).getBoundingClientRect());
  return note.bottom > bar.top;
}"""


def touch(session: CDPSession, kind: str, *point: float) -> None:
    """`touchStart` or `touchMove` at a point in CSS px, or `touchEnd`."""
    points = [{"x": point[0], "y": point[1]}] if point else []
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def middle(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_long_press_selects_also_where_browsers_have_no_context_menu(visit: Visit) -> None:
    page = visit("/browse", person="Finger", **FINGER).page
    page.wait_for_selector(".section .card")
    page.evaluate("addEventListener('contextmenu', event => event.stopImmediatePropagation(), {capture: true})")
    session = page.context.new_cdp_session(page)
    touch(session, "touchStart", *middle(page, ".section .card >> nth=1"))
    bar = page.get_by_role("toolbar", name="Selected pictures")
    expect(bar).to_contain_text("1 picture")
    touch(session, "touchEnd")
    page.locator(".section .card >> nth=2").tap(force=True)  # a tap adds, while some are selected
    expect(bar).to_contain_text("2 pictures")
    bar.get_by_role("button", name="Like", exact=True).tap()
    expect(page.locator(".toast")).to_contain_text("Liked: 2 pictures")
    assert not page.evaluate(COVERED)
    page.get_by_role("button", name="Undo").tap()
    page.wait_for_function("() => localStorage.getItem('imagerec-opinions') === '[]'")


def test_a_swipe_goes_to_the_next_picture_and_back(visit: Visit) -> None:
    page = visit("/browse", **FINGER).page
    page.wait_for_selector(".section .card")
    shown = ids_of(page)
    page.locator(".section .card .pic").first.tap()
    page.wait_for_url(f"**#{shown[0]}")
    session = page.context.new_cdp_session(page)
    for start, by, expected in ((300, -20, shown[1]), (90, 20, shown[0])):
        touch(session, "touchStart", start, 200)
        for step in range(1, 10):
            touch(session, "touchMove", start + by * step, 201)
        touch(session, "touchEnd")
        page.wait_for_url(f"**#{expected}")


def test_filters_close_and_say_how_many_pictures_fit(visit: Visit) -> None:
    page = visit("/browse", **FINGER).page
    page.wait_for_selector(".section .card")
    page.get_by_text("Filters", exact=True).tap()
    label = page.locator(".facet label").filter(has_text="landscape").first
    count = label.locator(".count").inner_text()
    label.tap()
    done = page.get_by_role("button", name=f"Show {count} pictures")
    expect(done).to_be_in_viewport()
    done.tap()
    expect(label).to_be_hidden()
    expect(page.locator("#count")).to_have_text(f"{count} pictures")


def test_every_choice_is_on_a_narrow_screen(visit: Visit) -> None:
    page = visit("/", **FINGER).page
    page.wait_for_selector("#start .card")
    page.locator("#start .card .pic").first.tap()
    wait_answers(page)
    for name in ("Best match", "Copies", "Side by side"):
        expect(page.locator("#answers .segments").get_by_text(name)).to_be_in_viewport(ratio=1)
    page.locator("#theme").tap()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
