import json


def installation(tmp_path):
    return tmp_path / "share" / "fhir-server" / "installation.json"


def test_init_makes_key_and_base_once(run, tmp_path):
    assert run("init", "--canonical-base", "https://example.vn/fhir/").returncode == 0
    path = installation(tmp_path)
    first = json.loads(path.read_bytes())
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(bytes.fromhex(first["key"])) == 32
    assert first["base"] == "https://example.vn/fhir"
    assert run("init").returncode == 0
    assert json.loads(path.read_bytes()) == first


def test_another_base_later_is_refused(run):
    assert run("init").returncode == 0
    done = run("init", "--canonical-base", "https://example.vn/other")
    assert done.returncode == 2
    assert "https://w3id.org/vn-ehb" in done.stderr


def test_a_store_keeps_its_own_installation(run, tmp_path):
    store = f"sqlite://{tmp_path}/own.sqlite"
    assert run("init", "--store", store, "--canonical-base", "https://example.vn/a").returncode == 0
    installation(tmp_path).unlink()
    done = run("init", "--store", store)
    assert done.returncode == 0
    assert "canonical base: https://example.vn/a" in done.stdout


def test_absent_definitions_name_the_command(run, tmp_path):
    (tmp_path / "x.json").write_text('{"resourceType":"Patient"}')
    done = run("validate", "x.json", FHIR_SERVER_CACHE=str(tmp_path / "empty"))
    assert done.returncode == 2
    assert "fhir-server init" in done.stderr
