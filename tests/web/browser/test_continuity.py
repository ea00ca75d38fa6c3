"""What a page keeps while it changes: the keyboard's place, words that are being typed, and where a list is scrolled to."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.browser.conftest import Visit, Web, ids_of, wait_answers

pytestmark = [pytest.mark.slow, pytest.mark.spark]

FOCUSED = """() => {
  const one = document.activeElement;
  return one.dataset.key ?? (one.id || one.getAttribute('aria-label') || one.textContent);
}"""
BY_KEY = {
    "a filter": ("input[data-key='orientation=landscape']", "Space", "orientation=landscape"),
    "a colour": (".swatches button >> nth=0", "Enter", None),
    "a measure": ("#answers .segments button:text-is('Content')", "Enter", "Content"),
    "copies": ("input[data-key='Leave out copies']", "Space", "Leave out copies"),
    "variety": ("#diversity", "ArrowRight", "diversity"),
}


def first_answers(page: Page) -> str:
    """Ask with the first picture of the start page; the image_id of the query."""
    page.wait_for_selector("#start .card")
    chosen = ids_of(page, "#start")[0]
    page.locator("#start .card .pic").first.click()
    wait_answers(page)
    page.wait_for_selector(".swatches button")
    return chosen


@pytest.mark.parametrize("what", BY_KEY)
def test_the_keyboard_stays_with_what_it_changed(visit: Visit, what: str) -> None:
    page = visit("/").page
    first_answers(page)
    selector, key, name = BY_KEY[what]
    page.get_by_text("Answers", exact=True).click()
    control, before = page.locator(selector), page.url
    control.focus()
    name = name or page.evaluate(FOCUSED)
    with page.expect_response("**/v1/facets?*"):
        page.keyboard.press(key)
    page.wait_for_url(lambda url: url != before)
    wait_answers(page)
    page.wait_for_load_state("networkidle")  # filters are drawn once more
    assert page.evaluate(FOCUSED) == name


def test_the_keyboard_goes_on_from_pictures_that_are_added_asked_and_removed(visit: Visit) -> None:
    page = visit("/").page
    first_answers(page)
    second = ids_of(page, "#answers")[2]
    page.locator("#answers .card .pic").nth(2).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**id={second}")
    wait_answers(page)
    assert page.evaluate("document.activeElement.closest('.card').dataset.id") == ids_of(page, "#answers")[0]
    page.keyboard.press("a")
    page.wait_for_function("() => document.querySelectorAll('#query .chip').length === 2")
    wait_answers(page)
    page.wait_for_function("() => document.activeElement.closest('#answers .card')")
    page.locator("#query .chip .corner").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('#query .chip').length === 1")
    assert page.evaluate("document.activeElement.closest('#query') !== null")


def test_words_are_typed_beside_a_picture_without_a_break(visit: Visit) -> None:
    page = visit("/").page
    chosen = first_answers(page)
    before = page.url
    page.locator("#words").click()
    page.keyboard.type("red ")
    page.wait_for_url("**text=red")
    page.keyboard.type("balloons")
    page.wait_for_url("**text=red+balloons")
    assert page.locator("#words").input_value() == "red balloons"
    page.keyboard.press("Enter")
    wait_answers(page)
    page.go_back()  # one entry for the words, however they were typed
    page.wait_for_url(before)
    assert f"id={chosen}" in page.url


def test_back_shows_the_answers_where_they_were_left(visit: Visit) -> None:
    page = visit("/").page
    first_answers(page)
    page.locator("#answers .card .pic").nth(30).scroll_into_view_if_needed()
    left, address = page.evaluate("scrollY"), page.url
    assert left > 800
    page.locator("#answers .card .pic").nth(30).click()
    page.wait_for_url(lambda url: url != address)
    wait_answers(page)
    assert page.evaluate("scrollY") == 0
    page.go_back()
    page.wait_for_function("left => Math.abs(scrollY - left) < 4", arg=left)


def test_browse_is_where_it_was_after_reloading_and_after_a_search(web: Web, visit: Visit) -> None:
    page = visit("/browse?size=large").page
    page.wait_for_selector(".section .card")
    page.evaluate("scrollTo(0, 2500)")
    page.wait_for_function("() => history.state?.place > 0")
    page.reload()
    page.wait_for_function("() => Math.abs(scrollY - 2500) < 60")
    seen = page.wait_for_function(
        "() => [...document.querySelectorAll('.card')].find(card => card.getBoundingClientRect().top > 100)?.dataset.id"
    ).json_value()
    page.locator(f".section .card[data-id='{seen}'] .pic").click()
    page.get_by_role("link", name="Find similar").click()
    wait_answers(page)
    page.go_back()
    page.wait_for_selector("dialog.detail")
    page.wait_for_function("() => Math.abs(scrollY - 2500) < 60")
    page.keyboard.press("Escape")
    expect(page.locator(f".section .card[data-id='{seen}']")).to_be_in_viewport()


def test_a_note_is_undone_by_key(visit: Visit) -> None:
    page = visit("/browse", person="Undoer").page
    page.wait_for_selector(".section .card")
    card = page.locator(".section .card").first
    card.locator(".pic").focus()
    page.keyboard.press("l")
    expect(card).to_have_attribute("data-opinion", "1")
    page.keyboard.press("u")
    expect(card).to_have_attribute("data-opinion", "0")
    page.wait_for_function("() => localStorage.getItem('imagerec-opinions') === '[]'")
