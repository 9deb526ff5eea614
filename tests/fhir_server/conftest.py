"""A service over an in-memory store."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from datetime import timedelta, timezone

import pytest
from fhir_asking import BASE, NOW, SECOND, Asking

from conformance.definitions import Definitions
from fhir_server.exchange.registry import Router
from fhir_server.exchange.service import Service
from fhir_server.exchange.validation import Checks
from fhir_server.interactions import INTERACTIONS
from fhir_server.operations import OPERATIONS
from fhir_server.repository import Repository
from fhir_server.search import Indexer, SearchRegistry
from fhir_server.store.reference import ReferenceStore
from profiles.validation import Validator
from profiles.vn.validator import national_validator
from terminology.names import Names


@pytest.fixture(scope="session")
def knowledge(definitions: Definitions) -> tuple[Definitions, Indexer, SearchRegistry, Validator]:
    """What is compiled from the definitions, once for all tests."""
    zone = timezone(timedelta(hours=7))
    validator = national_validator(Names(), definitions)
    return definitions, Indexer(definitions, zone, BASE), SearchRegistry(definitions), validator


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """An event loop of one test."""
    with asyncio.Runner() as made:
        yield made


@pytest.fixture
def fhir(knowledge: tuple[Definitions, Indexer, SearchRegistry, Validator], runner: asyncio.Runner) -> Asking:
    """A service over an empty store in memory."""
    definitions, indexer, registry, validator = knowledge
    ticks = itertools.count(NOW, SECOND)
    store = ReferenceStore(clock=lambda: next(ticks))
    service = Service(
        repository=Repository(store, indexer, definitions, cursor_key=b"test"),
        definitions=definitions,
        registry=registry,
        checks=Checks(validator),
        names=Names(),
        router=Router(INTERACTIONS, OPERATIONS),
        started=NOW,
        zone=timezone(timedelta(hours=7)),
    )
    return Asking(service, runner)
