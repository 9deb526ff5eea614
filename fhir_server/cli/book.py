"""``fhir-server book``: one person's electronic health book. https://hl7.org/fhir/R4/documents.html"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conformance.errors import NotFound
from fhir_server.cli import messages
from fhir_server.cli.language import user_language
from fhir_server.cli.options import Format, LanguageOption, StoreOption, settings

if TYPE_CHECKING:
    from datetime import timezone

    from fhir_server.repository import Repository
    from fhir_server.settings import Settings
    from fhir_server.store.protocol import Key
    from terminology.names import Names


def book(
    patient: Annotated[
        str, typer.Argument(help="Logical id, number of the CCCD or the insurance card, or system|value.")
    ],
    *,
    store: StoreOption = None,
    format_: Annotated[Format, typer.Option("--format", help="Plain text, or the document Bundle.")] = Format.TEXT,
    language: LanguageOption = None,
) -> None:
    """Print the health book of a patient. Specially protected data is left out, and the book says how much."""
    from conformance.json_codec import encode
    from mappers.health_book import render_text

    values = settings(store=store)
    tongue = language.value if language else user_language(values.language)
    document = document_of(values, patient, tongue)
    typer.echo(encode(document).decode() if format_ is Format.JSON else render_text(document, tongue), nl=False)


def document_of(values: Settings, asked: str, language: str) -> dict[str, Any]:
    """The document Bundle of the patient that ``asked`` names. NotFound when there is none, or more than one."""
    import asyncio

    from fhir_server.cli.installed import installation_file, opened
    from fhir_server.indexing import indexing_of
    from fhir_server.installation import of_store
    from fhir_server.repository import Repository
    from terminology.names import Names

    async def found() -> dict[str, Any]:
        async with opened(values) as store:
            names = Names((await of_store(store, installation_file(values))).base)
            indexer = (await indexing_of(values, store)).indexer()
            repository = Repository(store, indexer, indexer.registry.definitions)
            return await _document(repository, asked, names, language, values.timezone)

    return asyncio.run(found())


async def _document(repository: Repository, asked: str, names: Names, language: str, zone: timezone) -> dict[str, Any]:
    from conformance.json_codec import decode
    from conformance.temporal import local_instant
    from fhir_server.search.places import bases
    from mappers.health_book import build

    key = await _patient(repository, asked)
    walk = repository.everything(key.type, key.id)
    versions = {version.key: version async for chunk in walk for version in chunk}
    resources = {found: decode(version.body) for found, version in versions.items()}
    return build(
        resources.pop(key),
        resources.values(),
        now=local_instant(time.time_ns() // 1000, zone),
        names=names,
        base_url=names.base,
        server_urls=bases(repository.indexer.base_url),
        language=language,
    )


async def _patient(repository: Repository, asked: str) -> Key:
    """The patient with this id, else with this identifier. NotFound when there is not exactly one."""
    from fhir_server.store.protocol import Key

    key = Key("Patient", asked)
    if await repository.read_many([key]):
        return key
    found = (await repository.resolve("Patient", [("identifier", asked)])).keys
    if not found:
        raise NotFound.of(messages.NO_PATIENT, asked=asked)
    if len(found) > 1:
        raise NotFound.of(messages.SEVERAL_PATIENTS, asked=asked, found=", ".join(row.id for row in found))
    return found[0]
