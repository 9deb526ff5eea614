import subprocess
import sys

import pytest

ANYWHERE = ".".join("0000")
COMMANDS = ("init", "serve", "generate", "load", "map", "validate", "export", "book")


HEAVY = ("apsw", "fastapi", "granian", "jsonschema", "lxml", "pydantic", "rich", "zstandard")


def test_help_lists_every_command_and_imports_nothing_heavy():
    call = "from fhir_server.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", call, "--help"], capture_output=True, text=True, check=True
    )
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)
    assert "demo" not in done.stdout
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "typer" in imported
    assert imported.isdisjoint(HEAVY)


@pytest.mark.parametrize("name", [*COMMANDS, "demo"])
def test_each_command_explains_itself(run, name):
    done = run(name, "--help")
    assert done.returncode == 0
    assert f"Usage: fhir-server {name}" in done.stdout


def test_help_loads_neither_rich_nor_the_engines(environment, tmp_path):
    script = (
        "import sys\nfrom fhir_server.cli.edge import run\nrun(['load', '--help'])\n"
        "print([name for name in ('rich', 'apsw', 'lxml', 'fastapi', 'asyncio') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("arguments", [("nope",), ("load",), ("map", "x"), ("serve", "--port", "0")])
def test_usage_errors_exit_2_without_a_traceback(run, arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr


def test_messages_follow_the_locale(run):
    english = run("serve", "--host", ANYWHERE)
    vietnamese = run("serve", "--host", ANYWHERE, LANG="vi_VN.UTF-8")
    assert english.returncode == vietnamese.returncode == 2
    assert "not a loopback address" in english.stderr
    assert "không phải địa chỉ loopback" in vietnamese.stderr


@pytest.mark.parametrize("host", [ANYWHERE, "192.168.1.1", "::", "example.org"])
def test_serve_refuses_what_others_can_reach(run, host):
    done = run("serve", "--host", host)
    assert done.returncode == 2
    assert "--insecure" in done.stderr


def test_a_bad_setting_is_named(run):
    done = run("serve", FHIR_SERVER_PORT="eighty")
    assert done.returncode == 2
    assert "FHIR_SERVER_PORT=eighty" in done.stderr


def test_a_store_is_not_made_by_reading(run, tmp_path):
    trial = ("--store", f"mongita://{tmp_path}/store")
    for command in (("book", "x"), ("export", "--out", tmp_path / "out"), ("jobs", "list", *trial)):
        done = run(*command)
        assert done.returncode == 2
        assert "fhir-server load" in done.stderr
    assert not (tmp_path / "store").exists()


def test_the_table_of_a_run_is_in_the_language_of_the_user():
    from fhir_server.bulk.tally import Tally
    from fhir_server.cli.report import table

    vi, en = table(Tally(), "vi"), table(Tally(), "en")
    assert "lượt khám mỗi giây" in vi
    assert "0 lỗi" in vi
    assert "visits per second" in en
    assert len(vi.splitlines()) == len(en.splitlines())


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("command", ["load", "import", "validate"])
def test_without_definitions_it_is_said_how_to_install_them_and_nothing_else(run, tmp_path, command, workers):
    """By the processes that check, too: nobody is to look for what killed them."""
    done = run("generate", "--visits", 1, "--out", tmp_path / "claims")
    assert done.returncode == 0, done.stderr
    (tmp_path / "in.ndjson").write_text('{"resourceType":"Basic","id":"a","code":{"text":"b"}}')
    given = "claims" if command == "load" else "in.ndjson"
    found = run(command, given, "--workers", workers, FHIR_SERVER_CACHE=str(tmp_path / "empty"))
    assert found.returncode == 2
    [said] = found.stderr.splitlines()
    assert said.endswith(f"The FHIR R4 definitions are not installed ({tmp_path}/empty). Run: fhir-server init")
