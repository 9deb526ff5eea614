"""URLs of stores are printed without the password that they may hold."""

from __future__ import annotations

import pytest

from fhir_server.cli.installed import shown


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("mongodb://me:se%40cret@host:1/fhir?replicaSet=x", "mongodb://***@host:1/fhir?replicaSet=x"),
        ("mongodb://host/fhir", "mongodb://host/fhir"),
        ("sqlite:data/fhir.sqlite", "sqlite:data/fhir.sqlite"),
        ("sqlite:///a@b/fhir.sqlite", "sqlite:///a@b/fhir.sqlite"),
    ],
)
def test_a_url_is_shown_without_user_and_password(url, text):
    assert shown(url) == text
