"""The map to explore in a browser, with made-up pictures and without an index."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe

from recommendation.map.explore.order import LEVELS
from recommendation.settings import ServeSettings
from recommendation.web.map.server import create_map_app
from tests.recommendation.web.running import running
from tests.web.conftest import PHONE, OpenPage, Watched
from tests.web.map.made_map import write_map

pytestmark = pytest.mark.slow

SMALL, LARGE = 3000, 500_000


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], httpx.Client]]:
    """Gives a client of the service of a map of so many pictures."""
    stack: list[Any] = []
    clients: dict[int, httpx.Client] = {}

    def of(count: int) -> httpx.Client:
        if count not in clients:
            root = tmp_path_factory.mktemp(f"map{count}")
            write_map(root, count, one_sheet=count > SMALL)
            stack.append(running(create_map_app(ServeSettings(data=root))))
            clients[count] = stack[-1].__enter__()
        return clients[count]

    yield of
    for one in stack:
        one.__exit__(None, None, None)


@pytest.fixture
def open_map(served: Callable[[int], httpx.Client], open_page: OpenPage) -> Callable[..., Watched]:
    def opened(count: int = SMALL, query: str = "", **options: Any) -> Watched:
        watched = open_page(f"{served(count).base_url}/map{query}", **options)
        wait_drawn(watched)
        return watched

    return opened


def wait_drawn(watched: Watched) -> None:
    """Wait until the map stands still and its pictures are there."""
    watched.wait("globalThis.imagerecMap?.ready && !imagerecMap.loading() && imagerecMap.state.tiles.length > 0")


def heading(text: str) -> str:
    """Whether the details are those of a file."""
    return f"document.querySelector('#details h2')?.textContent.endsWith('{text}')"


def test_every_picture_that_is_seen_can_be_picked(open_map: Callable[..., Watched]) -> None:
    watched = open_map()
    page = watched.page
    tiles = page.evaluate("imagerecMap.state.tiles.map(one => [one.row, one.x, one.y])")
    assert len(tiles) > 40
    assert page.evaluate("imagerecMap.state.tiles.every(one => imagerecMap.pick(one.x, one.y) === one.row)")
    for row, x, y in tiles[:: len(tiles) // 3]:
        if 90 < x < 900 and 120 < y < 700:
            page.mouse.click(x, y)
            watched.wait(heading(f"{row}.jpg"))
    watched.check()


def test_no_picture_covers_another_and_few_sheets_are_needed_at_any_zoom(open_map: Callable[..., Watched]) -> None:
    watched = open_map()
    page = watched.page
    for _ in range(LEVELS - 4):
        boxes = page.evaluate("imagerecMap.state.tiles.map(one => [one.x, one.y])")
        assert boxes
        near = [
            (one, other)
            for place, one in enumerate(boxes)
            for other in boxes[:place]
            if abs(one[0] - other[0]) < 55 and abs(one[1] - other[1]) < 55
        ]
        assert near == []
        assert page.evaluate("imagerecMap.sheets()") <= 8
        x, y = boxes[len(boxes) // 2]
        page.mouse.move(x, y)
        page.mouse.wheel(0, -390)
        page.wait_for_timeout(60)
        wait_drawn(watched)


def test_a_dot_is_picked_where_it_is_drawn(open_map: Callable[..., Watched]) -> None:
    found = open_map().page.evaluate(
        """() => {
          const {tree, toScreen, pick, state} = imagerecMap, shown = new Set(state.tiles.map(one => one.row));
          const rows = [...Array(tree.count).keys()].filter(row => !shown.has(row)).slice(0, 400);
          return rows.map(row => [row, ...toScreen(...tree.place(row))]).filter(([, x, y]) =>
            state.tiles.every(one => Math.abs(one.x - x) > 30 || Math.abs(one.y - y) > 30))
            .map(([row, x, y]) => { const got = pick(x, y); return got === row || Math.hypot(toScreen(...tree.place(got))[0] - x,
              toScreen(...tree.place(got))[1] - y) < 1; });
        }"""
    )
    assert len(found) > 20
    assert all(found)


def test_everything_is_reached_with_the_keyboard(open_map: Callable[..., Watched]) -> None:
    watched = open_map()
    page, keyboard = watched.page, watched.page.keyboard
    keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "over"
    before = page.evaluate("({...imagerecMap.view})")
    keyboard.press("ArrowRight")
    keyboard.press("ArrowUp")
    keyboard.press("+")
    after = page.evaluate("({...imagerecMap.view})")
    assert after["x"] > before["x"]
    assert after["y"] > before["y"]
    assert after["scale"] == pytest.approx(1.5 * before["scale"])
    wait_drawn(watched)
    keyboard.press("Enter")
    watched.wait(heading(".jpg"))
    watched.screenshot("map/keyboard")
    keyboard.press("Escape")
    assert page.locator("#panel").is_hidden()
    keyboard.press("?")
    assert page.locator("#keys").is_visible()
    keyboard.press("Escape")
    keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "text"
    seen = set()
    for _ in range(12):
        keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.id"))
    assert {"in", "out", "home", "help"} <= seen
    watched.check()


def test_what_is_found_is_highlighted(open_map: Callable[..., Watched]) -> None:
    watched = open_map()
    page = watched.page
    page.locator("#text").fill("thi")
    page.locator("#found li").first.click()
    watched.wait("document.querySelector('#chip span').textContent === 'tag third: 1,000'")
    assert page.evaluate("imagerecMap.state.lit")
    watched.screenshot("map/highlight")
    page.locator("#text").fill("2999.jpg")
    page.keyboard.press("Enter")
    watched.wait(heading("2999.jpg"))
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert not page.evaluate("imagerecMap.state.lit")
    watched.check()


def test_an_address_can_name_what_is_shown(
    open_map: Callable[..., Watched], served: Callable[[int], httpx.Client]
) -> None:
    picture = served(SMALL).get("/v1/map/rows/1234").json()
    watched = open_map(query=f"?show={picture['image_id']}")
    watched.wait(heading("1234.jpg"))
    watched = open_map(query="?color=red")
    watched.wait("document.querySelector('#chip span').textContent === 'colour red: 40'")


def test_two_fingers_zoom_and_a_tap_opens(open_map: Callable[..., Watched]) -> None:
    watched = open_map(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    page = watched.page
    watched.screenshot("map/phone")
    before = page.evaluate("imagerecMap.view.scale")
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *places: tuple[int, int]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", (150, 400), (240, 400))
    for step in range(1, 10):
        send("touchMove", (150 - 10 * step, 400), (240 + 10 * step, 400))
    send("touchEnd")
    page.wait_for_timeout(100)
    wait_drawn(watched)
    assert page.evaluate("imagerecMap.view.scale") == pytest.approx(3 * before, rel=0.1)
    x, y, row = page.evaluate(
        "(() => { const one = imagerecMap.state.tiles.find(one => one.y > 150 && one.y < 600 && one.x > 40 && one.x < 300);"
        "return [one.x, one.y, one.row]; })()"
    )
    page.touchscreen.tap(x, y)
    watched.wait(heading(f"{row}.jpg"))
    watched.screenshot("map/phone-details")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    watched.check()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_half_a_million_pictures_are_drawn_in_both_themes(open_map: Callable[..., Watched], scheme: str) -> None:
    watched = open_map(LARGE, color_scheme=scheme)
    page = watched.page
    assert page.evaluate("imagerecMap.tree.count") == LARGE
    assert page.evaluate("imagerecMap.state.tiles.length") > 40
    watched.screenshot(f"map/{scheme}")
    page.evaluate(
        "(() => { const [x, y] = imagerecMap.tree.place(5); Object.assign(imagerecMap.view, {x, y, scale: 20000}); })()"
    )
    page.keyboard.press("+")
    page.wait_for_timeout(100)
    wait_drawn(watched)
    assert page.evaluate("imagerecMap.sheets()") <= 8
    watched.screenshot(f"map/{scheme}-near")
    watched.check()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_fault_is_found(open_map: Callable[..., Watched], scheme: str) -> None:
    watched = open_map(color_scheme=scheme)
    tile = watched.page.evaluate("[imagerecMap.state.tiles[0].x, imagerecMap.state.tiles[0].y]")
    watched.page.mouse.click(*tile)
    watched.wait("!document.querySelector('#panel').hidden")
    watched.page.locator("#text").fill("island")
    found = Axe().run(watched.page)
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found.response["violations"]] == []


def test_without_a_map_the_page_says_so(tmp_path: Path, open_page: OpenPage) -> None:
    with running(create_map_app(ServeSettings(data=tmp_path))) as client:
        watched = open_page(f"{client.base_url}/map")
        assert "no map yet" in watched.page.locator("#none").inner_text()
        watched.check()
