from datetime import timedelta

import pytest

from fhir_server.settings import SETTINGS, Settings, parse_zone


def test_defaults_and_environment():
    assert Settings.from_environment({}) == Settings()
    found = Settings.from_environment({"FHIR_SERVER_PORT": "9000", "FHIR_SERVER_ZONE": "Z", "FHIR_SERVER_HOST": ""})
    assert (found.port, found.timezone.utcoffset(None), found.host) == (9000, timedelta(0), "127.0.0.1")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FHIR_SERVER_PORT", "x"),
        ("FHIR_SERVER_SERVER", "apache"),
        ("FHIR_SERVER_ZONE", "+7"),
        ("FHIR_SERVER_VALIDATION", "maybe"),
        ("FHIR_SERVER_VALIDATION_BY_TYPE", "Patient"),
        ("FHIR_SERVER_VALIDATION_BY_TYPE", "Patient=maybe"),
        ("FHIR_SERVER_POLICY_PROFILES", "patient"),
        ("FHIR_SERVER_PORT", "99999"),
        ("FHIR_SERVER_WORKERS", "-1"),
        ("FHIR_SERVER_DEFAULT_COUNT", "0"),
        ("FHIR_SERVER_BASE_URL", "fhir.example.vn"),
    ],
)
def test_a_bad_value_names_its_variable(variable, value):
    with pytest.raises(ValueError, match=variable):
        Settings.from_environment({variable: value})


@pytest.mark.parametrize(("text", "minutes"), [("+07:00", 420), ("-03:30", -210), ("Z", 0), ("+14:00", 840)])
def test_zones(text, minutes):
    assert parse_zone(text).utcoffset(None) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "7", "+7:00", "+07:60", "+15:00", "Asia/Ho_Chi_Minh"])
def test_what_is_no_zone(text):
    with pytest.raises(ValueError, match="offset"):
        parse_zone(text)


def test_variables_are_the_names_in_capitals():
    assert {row.variable for row in SETTINGS} == {f"FHIR_SERVER_{row.name.upper()}" for row in SETTINGS}
