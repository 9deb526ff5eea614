"""A MongoDB database for each test, on the server that the session shares."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from mongo_server import one_node


@pytest.fixture
def url() -> Iterator[str]:
    name = f"e{uuid4().hex}"
    yield one_node().url(name)
    one_node().drop(name)
