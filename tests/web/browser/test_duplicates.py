"""Duplicates in a browser: what to keep and why, what is none, and the list as a file."""

import csv
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from shared.people.store import DecisionStore
from tests.web.browser.conftest import Visit, Web

pytestmark = [pytest.mark.slow, pytest.mark.spark]

PAIR = "mandalas_03_compressed.jpg"


def group_of(page: Page, name: str) -> Locator:
    return page.locator("article.group").filter(has_text=name)


def ids_of_group(web: Web, name: str) -> list[str]:
    groups = httpx.get(f"{web.url}/v1/duplicates").json()["groups"]
    [found] = [one for one in groups if name in {file["filename"] for file in one["files"]}]
    return [file["image_id"] for file in found["files"]]


def test_each_group_names_what_to_keep_and_why(web: Web, visit: Visit) -> None:
    groups = httpx.get(f"{web.url}/v1/duplicates").json()["groups"]
    page = visit("/duplicates").page
    expect(page.locator("article.group")).to_have_count(len(groups))
    for shown, group in zip(page.locator("article.group").all(), groups, strict=True):
        kept = next(file["filename"] for file in group["files"] if file["image_id"] == group["keep"])
        expect(shown.get_by_role("heading")).to_have_text(f"Keep {kept}")
        expect(shown).to_contain_text(group["reason"])
        assert shown.locator(".card").count() == len(group["files"])
        assert shown.locator(".card.best").count() == 1
    page.get_by_role("link", name="Mirrored").click()
    page.wait_for_url("**kind=mirrored")
    expect(group_of(page, PAIR)).to_be_visible()
    expect(group_of(page, "cities_03_converted.png")).to_have_count(0)
    page.go_back()
    expect(page.locator("article.group")).to_have_count(len(groups))
    group_of(page, PAIR).locator(".card .pic").first.click()
    expect(page.locator("dialog.detail")).to_contain_text("Copies and near-copies")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.detail")).to_have_count(0)


def test_what_is_no_duplicate_is_remembered_and_can_be_taken_back(web: Web, visit: Visit) -> None:
    pair = frozenset(ids_of_group(web, PAIR))
    page = visit("/duplicates").page
    group_of(page, PAIR).get_by_role("button", name="Not duplicates").click()
    expect(group_of(page, PAIR)).to_have_count(0)
    assert DecisionStore(web.volume).pairs() == {pair}
    page.locator(".toast").last.get_by_text("Undo").click()
    expect(group_of(page, PAIR)).to_be_visible()
    assert DecisionStore(web.volume).pairs() == set()
    group_of(page, PAIR).locator(".card .pic").first.focus()
    page.keyboard.press("n")
    expect(group_of(page, PAIR)).to_have_count(0)
    page.reload()
    page.get_by_text("1 pair of different pictures").click()
    page.get_by_role("button", name="Take back").click()
    expect(group_of(page, PAIR)).to_be_visible()
    assert DecisionStore(web.volume).pairs() == set()


def test_the_list_is_taken_along_as_a_table(visit: Visit) -> None:
    page = visit("/duplicates").page
    with page.expect_download() as download:
        page.get_by_role("link", name="Export the list").click()
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    [copy] = [line for line in lines if line["filename"] == PAIR]
    assert (copy["keep"], copy["kind"], copy["reason"]) == ("no", "mirrored", "the least compressed")
    assert sum(line["group"] == copy["group"] for line in lines) == 2
