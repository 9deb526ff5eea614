"""The list of commands. Help texts are read from the functions; nothing heavy is imported here."""

from __future__ import annotations

import typer

from fhir_server.cli import (
    backup,
    book,
    check,
    demo,
    export,
    generate,
    init,
    jobs,
    load,
    migrate,
    package,
    serve,
    validate,
)
from fhir_server.cli import map as map_command
from fhir_server.cli.import_ import import_

app = typer.Typer(
    name="fhir-server",
    help="FHIR R4 server for Vietnam: claims and hospital exports in, electronic health book out.",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)

app.command("init")(init.init)
app.command("serve")(serve.serve)
app.command("generate")(generate.generate)
app.command("load")(load.load)
app.command("map")(map_command.map_)
app.command("validate")(validate.validate)
app.command("export")(export.export)
app.command("import")(import_)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("check")(check.check)
app.command("migrate")(migrate.migrate)
app.command("book")(book.book)
app.add_typer(package.app, name="package")
app.add_typer(jobs.app, name="jobs")
app.command("demo", hidden=True)(demo.demo)
