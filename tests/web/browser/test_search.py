"""Searching in a browser: choose, drop, paste; several pictures; measures, weights, filters; addresses, Back, links."""

import base64
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.acquisition.fetching.hosts import Reply
from tests.acquisition.fetching.hosts import serving as serving_pictures
from tests.web.browser.conftest import Visit, Web, ids_of, serving, wait_answers
from tests.web.conftest import OpenPage

pytestmark = [pytest.mark.slow, pytest.mark.spark]

SHOWN = "ids => [...document.querySelectorAll('#answers .card')].map(card => card.dataset.id).join() === ids"
DROP = """([selector, kind, files, text]) => {
  const transfer = new DataTransfer();
  if (text) transfer.setData(kind === 'paste' ? 'text/plain' : 'text/uri-list', text);
  for (const [name, data] of files) {
    transfer.items.add(new File([Uint8Array.from(atob(data), letter => letter.charCodeAt(0))], name, {type: 'image/png'}));
  }
  const target = document.querySelector(selector);
  if (kind === 'paste') target.dispatchEvent(new ClipboardEvent('paste', {clipboardData: transfer, bubbles: true, cancelable: true}));
  else for (const name of ['dragenter', 'dragover', 'drop']) {
    target.dispatchEvent(new DragEvent(name, {dataTransfer: transfer, bubbles: true, cancelable: true}));
  }
}"""


def give(page: Page, kind: str, *paths: Path, text: str = "") -> None:
    """Drop or paste files, or a text."""
    files = [[path.name, base64.b64encode(path.read_bytes()).decode()] for path in paths]
    page.evaluate(DROP, ["main", kind, files, text])


def chips(page: Page) -> int:
    return page.locator("#query .chip").count()


@pytest.mark.parametrize("how", ["choose", "drop", "paste"])
def test_a_picture_of_ones_own_is_answered_and_named_by_the_address(web: Web, visit: Visit, how: str) -> None:
    page = visit("/").page
    page.wait_for_selector("#start .card")
    if how == "choose":
        page.set_input_files("#files", web.pictures[7])
    else:
        give(page, how, web.pictures[7])
    wait_answers(page)
    assert "upload=" in page.url
    answers = ids_of(page, "#answers")
    assert len(answers) == 50
    page.reload()
    wait_answers(page)
    assert chips(page) == 1
    assert ids_of(page, "#answers") == answers


@pytest.mark.parametrize("how", ["words", "drop", "paste"])
def test_a_picture_of_the_web_is_fetched_by_its_address(web: Web, visit: Visit, how: str) -> None:
    watched = visit("/")
    page = watched.page
    page.wait_for_selector("#start .card")
    with serving_pictures() as host:
        host.replies["/a/harbour%20view.png"] = Reply(web.pictures[7].read_bytes())
        address = f"{host.address}/a/harbour%20view.png"
        if how == "words":
            page.locator("#words").fill(address)
            page.locator("#words").press("Enter")
        else:
            give(page, how, text=address)
        wait_answers(page)
    expect(page.locator("#query .chip .label")).to_have_text("harbour view.png")
    best = page.locator("#answers .card").first.evaluate("card => card.item.scores.embedding")
    assert best > 0.95  # the picture itself
    assert watched.foreign == []


def test_an_address_without_a_picture_is_said(visit: Visit) -> None:
    watched = visit("/")
    page = watched.page
    page.wait_for_selector("#start .card")
    with serving_pictures() as host:
        give(page, "paste", text=f"{host.address}/none.png")
        expect(page.locator(".toast").last).to_contain_text("answered 404")
    assert chips(page) == 0
    watched.errors.clear()  # the browser notes the answer's status


def test_a_service_that_may_not_fetch_is_not_asked_to(odd_volume: Any, open_page: OpenPage) -> None:
    with serving(odd_volume[0]) as url:
        watched = open_page(f"{url}/")
        watched.page.wait_for_selector("#start .card")
        give(watched.page, "paste", text="http://127.0.0.1:9/a.png")
        expect(watched.page.locator(".toast")).to_contain_text("This service fetches nothing from the web")
        watched.check()


def test_an_address_with_a_picture_of_another_device_says_what_is_missing(visit: Visit) -> None:
    page = visit(f"/?upload={'0' * 32}~~beach.jpg").page
    expect(page.locator("#answers")).to_contain_text("“beach.jpg” is not in this browser")
    page.get_by_role("button", name="Start without it").click()
    page.wait_for_selector("#start .card")


def test_a_file_that_is_no_picture_can_be_left_out(web: Web, visit: Visit, tmp_path: Path) -> None:
    watched = visit("/")
    page = watched.page
    wrong = tmp_path / "words.jpg"
    wrong.write_text("no picture", encoding="utf-8")
    page.set_input_files("#files", [web.pictures[7], wrong])
    expect(page.locator("#answers")).to_contain_text("words.jpg: expected one of JPEG")
    page.get_by_role("button", name="Start without it").click()
    wait_answers(page)
    assert chips(page) == 1
    watched.errors.clear()  # the refused request


def test_a_copied_link_holds_a_small_copy_for_others(web: Web, visit: Visit) -> None:
    first = visit("/", permissions=["clipboard-read", "clipboard-write"]).page
    first.set_input_files("#files", web.pictures[12])
    wait_answers(first)
    first.get_by_role("button", name="Copy a link to this search").click()
    expect(first.locator(".toast")).to_contain_text("small copy")
    link = first.evaluate("navigator.clipboard.readText()")
    assert len(link) < 16_000
    second = visit(link.removeprefix(web.url)).page
    wait_answers(second)
    assert "#with" not in second.url
    both = [ids_of(page, "#answers")[:10] for page in (first, second)]
    assert len(set(both[0]) & set(both[1])) >= 7  # a small copy has slightly other features


def test_up_to_five_pictures_count_together_in_three_ways(web: Web, visit: Visit) -> None:
    page = visit("/").page
    page.set_input_files("#files", web.pictures[:6])
    expect(page.locator(".toast")).to_contain_text("5 pictures at most")
    wait_answers(page)
    assert chips(page) == 5
    orders = {}
    for name in ("Like all together", "Like every one", "Like any"):
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
        wait_answers(page)
        orders[name] = tuple(ids_of(page, "#answers")[:20])
    assert len(set(orders.values())) > 1
    page.locator("#query .chip .corner").first.click()
    wait_answers(page)
    assert chips(page) == 4


def test_a_click_on_an_answer_is_the_next_query_and_back_the_one_before(visit: Visit) -> None:
    page = visit("/").page
    page.locator("#start .card .pic").first.click()
    wait_answers(page)
    first_address, first_answers = page.url, ids_of(page, "#answers")
    page.locator("#answers .card .pic").nth(3).click()
    page.wait_for_url(lambda url: url != first_address)
    wait_answers(page)
    assert f"id={first_answers[3]}" in page.url
    assert first_answers[3] not in ids_of(page, "#answers")
    page.go_back()
    page.wait_for_url(first_address)
    page.wait_for_function(SHOWN, arg=",".join(first_answers))
    page.go_back()
    page.wait_for_selector("#start .card")


def test_measures_side_by_side_and_weights_change_the_answers(visit: Visit) -> None:
    page = visit("/").page
    page.locator("#start .card .pic").first.click()
    wait_answers(page)
    before = ids_of(page, "#answers")
    page.get_by_role("button", name="Side by side").click()
    page.wait_for_selector(".by-measure")
    headings = page.locator(".by-measure h2").all_inner_texts()
    assert [text.split("best")[0].strip() for text in headings] == [
        "Best match",
        "Content",
        "Colour",
        "Layout",
        "Copies",
    ]
    page.get_by_role("button", name="Best match").click()
    wait_answers(page)
    page.get_by_text("Weights of “Best match”").click()
    page.locator("#weight-color").fill("1")
    page.locator("#weight-embedding").fill("0")
    page.wait_for_url("**weight=embedding%3D0**")
    wait_answers(page)
    page.wait_for_function(
        "ids => [...document.querySelectorAll('#answers .card')].map(card => card.dataset.id).join() !== ids",
        arg=",".join(before),
    )
    page.get_by_role("button", name="Weights of the collection").click()
    page.wait_for_function(
        "ids => [...document.querySelectorAll('#answers .card')].map(card => card.dataset.id).join() === ids",
        arg=",".join(before),
    )


def test_filters_have_counts_and_combine_with_likeness(visit: Visit) -> None:
    page = visit("/").page
    page.locator("#start .card .pic").first.click()
    wait_answers(page)
    box = page.locator(".facet label").filter(has_text="landscape").first
    count = int(box.locator(".count").inner_text().replace(",", ""))
    box.locator("input").check()
    page.wait_for_url("**where=orientation%3Dlandscape**")
    wait_answers(page)
    assert len(ids_of(page, "#answers")) in {min(50, count), min(50, count) - 1}  # without the query itself
    wide = page.eval_on_selector_all(
        "#answers .card", "cards => cards.every(card => card.item.width_px > card.item.height_px)"
    )
    assert wide
    page.locator(".active button").first.click()
    wait_answers(page)
    assert "where" not in page.url


def test_the_keyboard_alone_searches_likes_and_goes_on(visit: Visit) -> None:
    page = visit("/", person="Keyboard").page
    page.wait_for_selector("#start .card")
    page.locator("main").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    chosen = page.evaluate("document.activeElement.closest('.card').dataset.id")
    assert chosen == ids_of(page, "#start")[1]
    page.keyboard.press("Enter")
    page.wait_for_url(f"**id={chosen}**")
    wait_answers(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("l")
    liked = page.evaluate("document.activeElement.closest('.card').dataset.id")
    expect(page.locator(f"#answers .card[data-id='{liked}']")).to_have_attribute("data-opinion", "1")
    page.keyboard.press("a")
    page.wait_for_url(f"**id={liked}**")
    assert chips(page) == 2
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.wait_for_url("**/browse")


def test_attribution_is_copied_with_title_author_licence_and_source(visit: Visit) -> None:
    page = visit("/", permissions=["clipboard-read", "clipboard-write"]).page
    page.locator("#start .card .pic").first.click()
    wait_answers(page)
    card = page.locator("#answers .card").filter(has=page.locator(".copy")).first
    item = card.evaluate("card => card.item")
    card.locator(".copy").click()
    expect(page.locator(".toast")).to_contain_text("Attribution copied")
    text = page.evaluate("navigator.clipboard.readText()")
    assert text == item["attribution"]
    for part in (item["title"], item["author"], item["license_url"]):
        assert part in text


def test_words_find_pictures_and_unknown_ones_are_named(visit: Visit) -> None:
    page = visit("/").page
    page.locator("#words").fill("balloons zzyzx")
    page.locator("#words").press("Enter")
    page.wait_for_url("**text=balloons**")
    wait_answers(page)
    expect(page.locator("#answers .notice")).to_have_text("No picture has “zzyzx”.")
    assert "balloons" in page.locator("#answers .card").first.evaluate("card => card.item.tags")


def test_a_region_of_a_picture_is_the_query(web: Web, visit: Visit) -> None:
    page = visit("/").page
    page.set_input_files("#files", web.pictures[8])
    wait_answers(page)
    whole = ids_of(page, "#answers")
    page.locator("#query .chip .open").click()
    area = page.locator(".crop")
    expect(area).to_be_visible()
    page.wait_for_function("document.querySelector('.crop canvas').width > 100")
    box = area.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    area.press("ArrowRight")
    page.get_by_role("button", name="Search with this part").click()
    page.wait_for_url("**%7E0.**")
    expect(page.locator("#query .chip .label")).to_have_text("Part")
    page.wait_for_function(
        "ids => [...document.querySelectorAll('#answers .card')].map(card => card.dataset.id).join() !== ids",
        arg=",".join(whole),
    )


def test_a_region_is_chosen_by_keyboard_alone(visit: Visit) -> None:
    page = visit("/").page
    page.locator("#start .card .pic").first.click()
    wait_answers(page)
    page.locator("#query .chip .open").press("Enter")
    area = page.locator(".crop")
    expect(area).to_be_focused()
    for key in ("ArrowRight", "Shift+ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.wait_for_url("**%7E0.22**")
    wait_answers(page)
    expect(page.locator("#query .chip .label")).to_have_text("Part")


def test_an_answer_can_be_what_others_should_not_be_like(visit: Visit) -> None:
    page = visit("/").page
    page.locator("#start .card .pic").first.click()
    wait_answers(page)
    unwanted = ids_of(page, "#answers")[0]
    page.locator("#answers .card .pic").first.focus()
    page.keyboard.press("n")
    page.wait_for_url(f"**unlike={unwanted}**")
    page.wait_for_function("id => document.querySelector('#answers .card')?.dataset.id !== id", arg=unwanted)
    expect(page.locator(".chip[data-like=false] .label")).to_have_text("Not like")
