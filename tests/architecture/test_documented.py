import re

import pytest

from fhir_server.cli.commands import app
from fhir_server.settings import SETTINGS, markdown


@pytest.fixture(scope="module")
def docs(pytestconfig):
    return {path.stem: path.read_text("utf-8") for path in (pytestconfig.rootpath / "docs").glob("*.md")}


def commands():
    from typer.main import get_command

    return {name: command for name, command in get_command(app).commands.items() if not command.hidden}


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_is_documented(docs, name):
    section = re.search(rf"^## `fhir-server {name}`\n(.*?)(?=^## |\Z)", docs["cli"], re.MULTILINE | re.DOTALL)
    assert section, f"docs/cli.md has no section of {name}"
    options = [option for param in commands()[name].params for option in param.opts if option.startswith("-")]
    assert [option for option in options if f"`{option}" not in section[1]] == []


def test_nothing_is_documented_that_does_not_exist(docs):
    described = set(re.findall(r"^## `fhir-server ([a-z]+)`", docs["cli"], re.MULTILINE))
    assert described == set(commands())


def test_every_setting_is_documented(docs):
    assert markdown() in docs["settings"], "docs/settings.md: paste what fhir_server.settings.markdown() gives"


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_explains_itself_in_both_languages(setting):
    assert setting.en.endswith(".")
    assert setting.vi.endswith(".")
    assert setting.default == "" or not setting.choices or setting.default in setting.choices
