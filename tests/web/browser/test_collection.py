"""Browsing, details, tags and likes in a browser."""

import json
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from shared.people.store import PeopleStore
from shared.people.tags import TagStore
from tests.web.browser.conftest import SCRIPT, Visit, Web, ids_of

pytestmark = [pytest.mark.slow, pytest.mark.spark]

MANY = 500_000
MOST_PX = 10_000_000


def many_pictures(route: Route) -> None:
    """Answer a list of half a million pictures, all with one thumbnail."""
    asked = parse_qs(urlsplit(route.request.url).query)
    offset, limit = int(asked["offset"][0]), int(asked["limit"][0])
    item = {"filename": "a.jpg", "title": "", "license": "", "author": "", "date_taken": "", "color": "#336699"}
    sizes = [(4, 3), (3, 4), (16, 9), (1, 1)]
    images = [
        {**item, "image_id": f"{number:032x}", "width_px": sizes[number % 4][0], "height_px": sizes[number % 4][1]}
        for number in range(offset, min(MANY, offset + limit))
    ]
    body = {"generation": "g", "total": MANY, "offset": offset, "images": images}
    route.fulfill(status=200, content_type="application/json", body=json.dumps(body))


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, {"width": 390, "height": 844}])
def test_half_a_million_pictures_can_be_reached(web: Web, visit: Visit, viewport: dict[str, int]) -> None:
    watched = visit("/status", viewport=viewport)
    page = watched.page
    pixel = (web.pictures[0]).read_bytes()
    page.route("**/v1/images?*", many_pictures)
    page.route("**/thumbnail?*", lambda route: route.fulfill(status=200, content_type="image/png", body=pixel))
    page.goto(f"{web.url}/browse")
    page.wait_for_selector(".section .card")
    assert page.evaluate("document.documentElement.scrollHeight") <= MOST_PX
    page.locator(".scrubber").focus()
    page.keyboard.press("End")
    page.wait_for_selector(f".card[data-id='{MANY - 1:032x}']", state="attached")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_function(
        "id => document.querySelector(`.card[data-id='${id}']`)?.getBoundingClientRect().top < innerHeight",
        arg=f"{MANY - 1:032x}",
    )
    assert page.locator(".card").count() < 3000
    assert page.evaluate("document.documentElement.scrollHeight") <= MOST_PX
    page.locator(".scrubber").focus()
    page.keyboard.press("Home")
    page.wait_for_selector(f".card[data-id='{0:032x}']")
    for _ in range(10):  # by wheel as well, through several sections
        page.mouse.move(viewport["width"] * 0.7, 400)
        page.mouse.wheel(0, 3000)
    page.wait_for_function("() => [...document.querySelectorAll('.section')].length && scrollY > 20000")


def test_pictures_of_any_shape_stay_in_their_rows(web: Web, visit: Visit) -> None:
    page = visit("/status").page
    pixel = web.pictures[0].read_bytes()  # of another shape than the list says, as panoramas are cut
    page.route("**/v1/images?*", many_pictures)
    page.route("**/thumbnail?*", lambda route: route.fulfill(status=200, content_type="image/png", body=pixel))
    page.goto(f"{web.url}/browse")
    page.wait_for_function("() => document.querySelector('.section .card img')?.naturalWidth")
    outside = """() => [...document.querySelectorAll('.section .card')].slice(0, 20).map(card => {
      const [image, box] = [card.querySelector('img'), card].map(one => one.getBoundingClientRect());
      return Math.max(Math.abs(image.height - box.height), Math.abs(image.width - box.width));
    })"""
    assert max(page.evaluate(outside)) < 1


def test_lists_are_sorted_filtered_and_named_by_the_address(visit: Visit) -> None:
    page = visit("/browse").page
    page.wait_for_selector(".section .card")
    by_date = ids_of(page)
    page.get_by_label("Order").select_option("color")
    page.wait_for_url("**sort=color**")
    page.wait_for_function("id => document.querySelector('.section .card')?.dataset.id !== id", arg=by_date[0])
    page.locator(".facet label").filter(has_text="portrait").first.locator("input").check()
    page.wait_for_url("**where=orientation%3Dportrait**")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.section .card')].every(card => card.item.height_px > card.item.width_px)"
    )
    page.go_back()
    page.go_back()
    page.wait_for_function("id => document.querySelector('.section .card')?.dataset.id === id", arg=by_date[0])


def test_filters_that_nothing_meets_leave_no_empty_rows(visit: Visit) -> None:
    page = visit("/browse").page
    page.wait_for_selector(".section .card")
    page.evaluate("history.pushState(null, '', '?where=tags%3Dnowhere'); dispatchEvent(new PopStateEvent('popstate'))")
    expect(page.locator("#pictures")).to_contain_text("No picture meets all filters")
    assert page.locator(".sections").evaluate("place => place.clientHeight") == 0
    page.get_by_role("button", name="Remove the filters").click()
    page.wait_for_selector(".section .card")


def test_another_value_takes_the_place_of_the_first(visit: Visit) -> None:
    page = visit("/browse").page
    page.wait_for_selector(".section .card")
    boxes = {name: page.locator(f"input[data-key='orientation={name}']") for name in ("landscape", "portrait")}
    count = page.locator(".facet label").filter(has=boxes["portrait"]).locator(".count")
    portraits = count.inner_text()
    boxes["landscape"].check()
    page.wait_for_url("**where=orientation%3Dlandscape")
    expect(boxes["landscape"]).to_be_checked()
    expect(count).to_have_text(portraits)
    boxes["portrait"].check()
    page.wait_for_url("**/browse?where=orientation%3Dportrait")
    expect(boxes["landscape"]).not_to_be_checked()
    expect(page.locator("#count")).to_have_text(f"{portraits} pictures")


def test_the_collection_is_sorted_by_similarity_to_a_picture(web: Web, visit: Visit) -> None:
    page = visit("/browse?where=orientation%3Dlandscape").page
    page.locator(".section .card .pic").nth(2).focus()
    chosen = ids_of(page)[2]
    page.keyboard.press("s")
    page.wait_for_url(f"**sort=similar%3A{chosen}")
    page.wait_for_function("id => document.querySelector('.section .card')?.dataset.id === id", arg=chosen)
    asked = f"sort=similar:{chosen}&where=orientation%3Dlandscape&limit=30"
    listed = httpx.get(f"{web.url}/v1/images?{asked}").json()["images"]
    assert ids_of(page)[:30] == [one["image_id"] for one in listed]
    page.locator(".section .card .pic").nth(1).click()
    page.get_by_role("link", name="Sort by similarity").click()
    page.wait_for_url(f"**similar%3A{listed[1]['image_id']}")
    assert "where=orientation" in page.url
    page.get_by_role("button", name="Sort by date again").click()
    page.wait_for_url("**/browse?where=orientation%3Dlandscape")


def test_details_open_close_and_go_on_by_keys_and_address(visit: Visit) -> None:
    page = visit("/browse").page
    page.wait_for_selector(".section .card")
    shown = ids_of(page)
    page.locator(".section .card .pic").first.click()
    dialog = page.locator("dialog.detail")
    expect(dialog).to_contain_text("Palette")
    expect(dialog).to_contain_text("What the network sees")
    assert page.url.endswith(f"#{shown[0]}")
    expect(dialog.locator(".stage img")).to_have_attribute("src", f"/v1/images/{shown[0]}/view")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**#{shown[1]}")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**#{shown[0]}")
    expect(dialog.locator(".strip img").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.wait_for_url(lambda url: "#" not in url)
    page.locator(".section .card .pic").first.click()
    expect(dialog).to_contain_text("Palette")
    page.go_back()
    expect(dialog).to_have_count(0)
    page.goto(page.url + f"#{shown[2]}")
    expect(dialog).to_contain_text("Palette")


def tag_texts(page: Page) -> list[str]:
    return page.locator("dialog.detail .facts .tags").first.locator("bdi").all_inner_texts()


def test_tags_are_added_suggested_removed_and_undone(web: Web, visit: Visit) -> None:
    page = visit("/browse", person=f"Ada {SCRIPT}").page
    page.locator(".section .card .pic").nth(4).click()
    field = page.get_by_label("Add tags, separated by commas")
    field.fill(f"harbour, {SCRIPT}2")
    field.press("Enter")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.facts .tag bdi')].some(tag => tag.textContent === 'harbour')"
    )
    assert {"harbour", f"{SCRIPT}2"} <= set(tag_texts(page))
    page.get_by_label("Remove the tag harbour").click()
    expect(page.locator(".toast").last).to_contain_text("Removed harbour")
    page.wait_for_function(
        "() => ![...document.querySelectorAll('.facts .tag.own bdi')].some(tag => tag.textContent === 'harbour')"
    )
    page.locator(".toast").last.get_by_text("Undo").click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.facts .tag.own bdi')].some(tag => tag.textContent === 'harbour')"
    )
    said = {(one.tag, one.user_id) for one in TagStore(web.volume).all()}
    assert ("harbour", f"Ada {SCRIPT}") in said


def test_many_pictures_are_selected_and_tagged_together(web: Web, visit: Visit) -> None:
    page = visit("/browse", person="Selector").page
    page.wait_for_selector(".section .card")
    cards = page.locator(".section .card")
    cards.nth(0).locator(".pic").focus()
    page.keyboard.press("x")
    cards.nth(3).locator(".pic").click(modifiers=["Shift"])
    expect(page.get_by_role("toolbar", name="Selected pictures")).to_contain_text("4 pictures")
    page.keyboard.press("t")
    page.get_by_label("Add tags, separated by commas").fill("together")
    page.keyboard.press("Enter")
    expect(page.locator(".toast").last).to_contain_text("Tagged together: 4 pictures")
    tagged = {one.image_id for one in TagStore(web.volume).all() if one.tag == "together" and not one.is_removed}
    assert tagged == set(ids_of(page)[:4])
    page.keyboard.press("Escape")
    expect(page.get_by_role("toolbar", name="Selected pictures")).to_have_count(0)


def test_no_like_is_lost_while_the_service_does_not_answer(web: Web, visit: Visit) -> None:
    watched = visit("/browse")
    page = watched.page
    page.wait_for_selector(".section .card")
    page.locator("#who").click()
    page.get_by_label("A name is enough").fill("Offline")
    page.get_by_role("button", name="That is me").click()
    page.route("**/v1/users/**", lambda route: route.abort())
    for place in range(3):
        page.locator(".section .card .pic").nth(place).focus()
        page.keyboard.press("l")
    liked = ids_of(page)[:3]
    page.wait_for_selector(".offline")
    assert len(json.loads(page.evaluate("localStorage.getItem('imagerec-opinions')"))) == 3
    page.unroute("**/v1/users/**")
    page.goto(f"{web.url}/for-you")  # also by another page
    page.wait_for_function("() => localStorage.getItem('imagerec-opinions') === '[]'", timeout=60_000)
    assert {one.image_id for one in PeopleStore(web.volume).events("Offline")} == set(liked)
    watched.errors.clear()  # the aborted requests


def test_a_person_gets_recommendations_with_reasons_and_less_of_this(web: Web, visit: Visit) -> None:
    page = visit("/browse", person="Fan").page
    page.wait_for_selector(".section .card")
    for place in (0, 1, 5):
        page.locator(".section .card .pic").nth(place).focus()
        page.keyboard.press("l")
    page.wait_for_function("() => localStorage.getItem('imagerec-opinions') === '[]'")
    page.goto(f"{web.url}/for-you")
    recommended = page.get_by_role("region", name="Recommended")
    expect(recommended.locator(".reason").first).not_to_be_empty()
    expect(page.get_by_role("region", name="Profile")).to_contain_text("Fan likes 3 pictures")
    first = ids_of(page, "[aria-label=Recommended]")[0]
    recommended.get_by_role("button", name="Less of this").first.click()
    page.wait_for_function(
        "id => !document.querySelector(`[aria-label=Recommended] .card[data-id='${id}']`)", arg=first
    )
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("button", name="Take all back").click()
    expect(page.locator("#content")).to_contain_text("Fan has not liked any picture yet")
    assert PeopleStore(web.volume).events("Fan") == []
