"""Histories are walked forward and back at the position of their first page. https://hl7.org/fhir/R4/http.html#paging"""

from __future__ import annotations

from typing import Any

import pytest
from fhir_asking import BASE, Asking


@pytest.fixture
def filled(fhir: Asking) -> Asking:
    for number in range(7):
        fhir.ask("PUT", "/Patient/a", {"resourceType": "Patient", "id": "a", "name": [{"text": f"{number}"}]})
        fhir.ask(
            "PUT", f"/Group/{number}", {"resourceType": "Group", "id": f"{number}", "type": "person", "actual": True}
        )
    return fhir


def links(page: dict[str, Any]) -> dict[str, str]:
    return {row["relation"]: row["url"].removeprefix(BASE) for row in page["link"]}


def shown(page: dict[str, Any]) -> list[str]:
    return [f"{row['fullUrl']} {row['response']['etag']}" for row in page["entry"]]


@pytest.mark.parametrize(
    "url", ["/Patient/a/_history", "/Patient/_history", "/_history", "/_history?_since=2026-01-01"]
)
def test_pages_forward_and_back_while_others_write(filled: Asking, url: str) -> None:
    def write(number: int) -> None:
        filled.ask("PUT", "/Patient/a", {"resourceType": "Patient", "id": "a", "name": [{"text": f"w{number}"}]})
        filled.ask("DELETE", f"/Group/{number}")

    page = filled.json("GET", f"{url}{'&' if '?' in url else '?'}_count=2")
    assert set(links(page)) == {"self", "next"}
    pages = [page]
    while "next" in links(page):
        write(len(pages))
        page = filled.json("GET", links(page)["next"])
        pages.append(page)
        assert {"self", "first", "previous"} <= set(links(page))
        assert filled.json("GET", links(page)["self"])["entry"] == page["entry"]
    met = [row for one in pages for row in shown(one)]
    assert len(met) == len(set(met)) == (7 if "Patient" in url else 14)
    for expected in pages[-2::-1]:
        write(0)
        page = filled.json("GET", links(page)["previous"])
        assert shown(page) == shown(expected)
        assert filled.json("GET", links(page)["self"])["entry"] == page["entry"]
    assert "previous" not in links(page)
    assert shown(filled.json("GET", links(page)["next"])) == shown(pages[1])
    assert shown(filled.json("GET", links(page)["first"])) != shown(pages[0]), "the walk begins anew"


def test_a_page_of_another_history_is_refused(filled: Asking) -> None:
    page = filled.json("GET", "/Patient/a/_history?_count=2")
    answer = filled.ask("GET", links(page)["next"].replace("Patient/a", "Patient/b"))
    assert answer.status == 400
