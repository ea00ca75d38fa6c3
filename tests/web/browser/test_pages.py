"""Every view: accessible in light, dark and on a phone; no script of a name runs; nothing moves, nothing is asked elsewhere."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from recommendation.web.pages.views import OWN
from tests.web.browser.conftest import Visit, Web, ids_of, serving, wait_answers
from tests.web.conftest import PHONE, OpenPage

pytestmark = [pytest.mark.slow, pytest.mark.spark]

FIRST_PAGE_BYTES = 60_000
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": PHONE, "has_touch": True, "is_mobile": True},
    "small phone": {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True},
}
SHIFTS = """() => new Promise(resolve => {
  let sum = 0;
  const add = list => { for (const one of list.getEntries()) sum += one.value; };
  new PerformanceObserver(add).observe({type: 'layout-shift', buffered: true});
  setTimeout(() => resolve(sum), 300);
})"""


def settled(page: Page) -> None:
    page.wait_for_load_state("networkidle")


def addresses(web: Web) -> dict[str, str]:
    image_id = httpx.get(f"{web.url}/v1/images", params={"limit": 1}).json()["images"][0]["image_id"]
    views = {view.name: view.path for view in OWN}
    return {
        **views,
        "Answers": f"/?id={image_id}",
        "Side by side": f"/?id={image_id}&view=each",
        "Details": f"/browse#{image_id}",
    }


@pytest.mark.parametrize("look", LOOKS)
def test_every_view_is_accessible_and_fits(web: Web, visit: Visit, look: str) -> None:
    watched = visit("/status", person="<img src=x onerror=alert(9)>", **LOOKS[look])
    page = watched.page
    for name, path in addresses(web).items():
        page.goto(f"{web.url}{path}")
        settled(page)
        watched.screenshot(f"{name.lower().replace(' ', '-')}-{look}")
        violations = Axe().run(page).response["violations"]
        found = {one["id"]: [node["html"][:120] for node in one["nodes"][:3]] for one in violations}
        assert (name, found) == (name, {})
        width = (
            page.viewport_size["width"] if page.viewport_size else 0
        )  # a phone's innerWidth grows with what is too wide
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        right = "views => Math.max(...[...views.children].map(one => one.getBoundingClientRect().right))"
        assert page.locator(".views").evaluate(right) <= width, name
        assert page.locator("img[onerror]").count() == 0


def test_shortcuts_and_dialogs_are_accessible(visit: Visit) -> None:
    page = visit("/").page
    page.wait_for_selector("#start .card")
    for opener in ("#help", "#who"):
        page.locator(opener).click()
        page.wait_for_selector("dialog[open]")
        assert Axe().run(page).response["violations"] == []
        page.keyboard.press("Escape")


@pytest.mark.parametrize("look", ["light", "phone"])
def test_nothing_moves_while_pages_load(web: Web, visit: Visit, look: str) -> None:
    page = visit("/status", person="Calm", **LOOKS[look]).page
    for name, path in addresses(web).items():
        page.goto(f"{web.url}{path}")
        settled(page)
        assert (name, round(page.evaluate(SHIFTS), 3)) == (name, 0)


def test_the_first_page_is_small_before_its_pictures(web: Web, open_page: OpenPage) -> None:
    watched = open_page("about:blank")
    sizes: dict[str, int] = {}
    session = watched.page.context.new_cdp_session(watched.page)
    session.send("Network.enable")
    names: dict[str, str] = {}
    session.on("Network.responseReceived", lambda event: names.update({event["requestId"]: event["response"]["url"]}))
    session.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    watched.page.goto(web.url)
    settled(watched.page)
    files = {names[one]: size for one, size in sizes.items() if one in names and "/thumbnail" not in names[one]}
    assert sum(files.values()) <= FIRST_PAGE_BYTES, files


def test_motion_is_reduced_for_those_who_ask(visit: Visit) -> None:
    page = visit("/", reduced_motion="reduce").page
    page.wait_for_selector("#start .card")
    moving = page.evaluate(
        "() => [...document.querySelectorAll('*')].filter(one => parseFloat(getComputedStyle(one).transitionDuration) > 0).length"
    )
    assert moving == 0


def test_the_theme_is_kept(web: Web, visit: Visit) -> None:
    page = visit("/").page
    page.locator("#theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.goto(f"{web.url}/browse")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_jobs_are_sent_watched_and_downloaded(web: Web, visit: Visit) -> None:
    page = visit("/jobs", person="Worker").page
    page.locator("input[type=file]").set_input_files(web.pictures[20:23])
    panel = page.locator("article[data-state=done]").first
    expect(panel).to_contain_text("3 of 3 queries", timeout=30_000)
    panel.get_by_text("Look at the answers").click()
    expect(panel.locator("section")).to_have_count(3)
    expect(panel.locator("section").first.locator(".card").first).to_be_visible()
    with page.expect_download() as download:
        panel.get_by_role("link", name="Download").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3
    panel.get_by_role("button", name="Delete").click()
    expect(page.locator("article").filter(has_text=web.pictures[20].name)).to_have_count(0)


def test_a_job_names_what_it_could_not_answer(visit: Visit, tmp_path: Path) -> None:
    page = visit("/jobs", person="Worker").page
    wrong = tmp_path / "words.jpg"
    wrong.write_text("no picture", encoding="utf-8")
    page.locator("input[type=file]").set_input_files(wrong)
    panel = page.locator("article[data-state=done]").filter(has_text=wrong.name)
    panel.get_by_text("Look at the answers").click()
    expect(panel).to_contain_text("1 query could not be answered")
    expect(panel.locator("section")).to_contain_text("words.jpg: expected one of JPEG")
    panel.get_by_role("button", name="Delete").click()
    expect(panel).to_have_count(0)


def test_dialogs_start_where_people_type(visit: Visit) -> None:
    page = visit("/").page
    page.locator("#who").click()
    expect(page.get_by_label("A name is enough")).to_be_focused()


def test_paper_has_pictures_and_what_is_said_of_them_alone(web: Web, visit: Visit) -> None:
    page = visit(addresses(web)["Answers"]).page
    wait_answers(page)
    page.emulate_media(media="print")
    for selector in (".skip", ".bar", ".side", "#words", ".tools >> nth=0"):
        expect(page.locator(selector)).to_be_hidden()
    expect(page.locator("#answers .card").first).to_be_visible()
    page.goto(f"{web.url}{addresses(web)['Details']}")
    expect(page.locator("dialog.detail h2")).to_be_visible()
    expect(page.locator("main")).to_be_hidden()


def test_the_status_shows_index_runs_and_sources(visit: Visit) -> None:
    page = visit("/status").page
    expect(page.get_by_role("row", name="Content")).to_contain_text(re.compile(r"\d\.\d ms"))
    expect(page.get_by_role("region", name="Runs")).to_contain_text("acquisition")
    expect(page.locator("#content")).to_contain_text("Files that could not be used")
    expect(page.get_by_role("region", name="Sources").first).to_contain_text("list")


def test_a_restart_is_said_and_the_page_goes_on(odd_volume: Any, open_page: OpenPage) -> None:
    volume, _ = odd_volume
    with serving(volume) as url:
        watched = open_page(f"{url}/")
        page = watched.page
        page.locator("#start .card .pic").first.click()
        wait_answers(page)
    page.locator("#answers .card .pic").first.click()
    expect(page.locator(".offline")).to_be_visible()
    expect(page.locator("#answers")).to_contain_text("No connection")
    with serving(volume, port=int(url.rpartition(":")[2])):
        wait_answers(page)
        expect(page.locator(".offline")).to_have_count(0)
        assert len(ids_of(page, "#answers")) > 10
    assert watched.foreign == []


def test_a_service_that_only_reads_offers_no_writing(odd_volume: Any, open_page: OpenPage) -> None:
    volume, _ = odd_volume
    with serving(volume, read_only=True) as url:
        page = open_page(f"{url}/browse").page
        page.wait_for_selector(".section .card")
        assert page.locator(".tool.heart").count() == 0
        page.goto(f"{url}/jobs")
        expect(page.locator("#content")).to_have_attribute("aria-busy", "false")
        assert page.get_by_text("Choose files").count() == 0
