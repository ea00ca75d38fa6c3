"""Links that lead from one view to another, and pictures and values that are no longer there."""

import pytest
from playwright.sync_api import expect

from tests.web.browser.conftest import Visit, Web, ids_of, wait_answers

pytestmark = [pytest.mark.slow, pytest.mark.spark]

GONE = "0" * 32


def test_the_details_lead_to_the_place_on_the_map(visit: Visit) -> None:
    watched = visit("/browse")
    page = watched.page
    page.locator(".section .card .pic").nth(7).click()
    name = page.locator("dialog.detail h2").inner_text()
    page.get_by_role("link", name="On the map").click()
    expect(page.locator("#panel")).to_contain_text(name)
    watched.errors.clear()  # what WebGL says of a machine without a graphics card


def test_the_map_is_as_light_or_dark_as_the_other_pages(visit: Visit) -> None:
    watched = visit("/")
    page = watched.page
    page.locator("#theme").click()
    chosen = page.evaluate("document.documentElement.dataset.theme")
    page.keyboard.press("5")
    page.wait_for_url("**/map")
    assert chosen == page.evaluate("document.documentElement.dataset.theme")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    watched.errors.clear()  # what WebGL says of a machine without a graphics card


def test_an_address_of_no_page_leads_to_those_that_are(visit: Visit) -> None:
    watched = visit("/browse/")
    expect(watched.page.get_by_role("heading")).to_have_text("No such page")
    watched.page.get_by_role("link", name="browse the collection").click()
    watched.page.wait_for_selector(".section .card")
    watched.errors.clear()  # the browser notes the answer's status


def test_a_query_with_a_picture_that_is_gone_goes_on_without_it(visit: Visit) -> None:
    watched = visit(f"/?id={GONE}&text=balloons")
    page = watched.page
    expect(page.locator("#answers")).to_contain_text("A picture of the query is gone")
    assert GONE not in page.locator("#answers").inner_text()
    page.get_by_role("button", name="Start without it").click()
    wait_answers(page)
    assert GONE not in page.url
    page.goto(f"{page.url.partition('/?')[0]}/browse#{GONE}")
    expect(page.locator("dialog.detail")).to_contain_text("not, or no longer, in the collection")
    watched.errors.clear()  # the refused requests


def test_colours_have_counts_and_keep_their_places(web: Web, visit: Visit) -> None:
    page = visit("/browse").page
    swatches = page.locator(".swatches button")
    expect(swatches.first.locator(".count")).to_have_text(str(int(swatches.first.inner_text())))
    names = "buttons => buttons.map(one => one.dataset.key)"
    before = swatches.evaluate_all(names)
    with page.expect_response("**/v1/facets?*"):
        swatches.nth(3).click()
    page.wait_for_selector(".swatches [aria-pressed=true]")
    after = [name for name in swatches.evaluate_all(names) if name in before]
    assert after == [name for name in before if name in after]


def test_less_of_this_leaves_the_keyboard_at_another_picture(visit: Visit) -> None:
    page = visit("/for-you", person="Chooser").page
    recommended = page.get_by_role("region", name="Recommended")
    expect(recommended.locator(".card").first).to_be_visible()
    with page.expect_response("**/opinions"):  # the page is drawn anew
        recommended.get_by_role("button", name="Less of this").first.press("Enter")
    page.wait_for_load_state("networkidle")
    expect(recommended.locator(".card :focus")).to_have_text("Less of this")


def test_recommendations_name_authors_and_say_a_reason_of_all_once(visit: Visit) -> None:
    page = visit("/for-you", person="Newcomer").page
    recommended = page.get_by_role("region", name="Recommended")
    expect(recommended.locator(".card").first).to_be_visible()
    expect(recommended).to_contain_text("You have not liked any picture yet")
    assert recommended.inner_text().count("You have not liked any picture yet") == 1
    assert len(ids_of(page, "[aria-label=Recommended]")) > 1
    expect(recommended.locator(".origin", has_text="Ada Lovelace").first).to_be_visible()
    assert "CC BY 4.0 (" not in recommended.inner_text()  # a credit is for copying
