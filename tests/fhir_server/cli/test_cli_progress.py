import os
import subprocess
import sys
import threading

import pytest


def on_a_terminal(command, environment, cwd):
    """What a command writes to standard error when that is a terminal, and to standard output, which is none."""
    main, terminal = os.openpty()
    chunks = []

    def collect():
        while True:
            try:
                chunks.append(os.read(main, 4096))
            except OSError:
                return

    reader = threading.Thread(target=collect, daemon=True)
    reader.start()
    done = subprocess.run(command, cwd=cwd, env=environment, stderr=terminal, stdout=subprocess.PIPE, check=False)
    os.close(terminal)
    reader.join(timeout=10)
    os.close(main)
    shown = b"".join(chunks).decode()
    assert done.returncode == 0, shown
    return shown, done.stdout


JOB = """
import sys
from fhir_server.cli import progress
progress.PATIENCE = float(sys.argv[1])
with progress.progress("count", "sheep") as report:
    report(1, 2)
    print("a line")
"""


@pytest.mark.parametrize(("patience", "is_shown"), [("0", True), ("600", False)])
def test_a_bar_on_a_terminal_once_it_takes_long(environment, tmp_path, patience, is_shown):
    shown, printed = on_a_terminal(
        [sys.executable, "-c", JOB, patience], {**environment, "TERM": "xterm-256color"}, tmp_path
    )
    assert ("\x1b[" in shown, "count" in shown) == (is_shown, is_shown)
    assert printed == b"a line\n"


def test_plain_lines_where_there_is_no_terminal(run):
    plain = run("generate", "--visits", "1000", "--out", "in")
    assert "\x1b[" not in plain.stderr
    assert all(line.startswith("generate: ") for line in plain.stderr.splitlines())


@pytest.mark.parametrize(("language", "counted"), [("en", "load: 1/2 visits"), ("vi", "load: 1/2 lượt khám")])
def test_plain_lines_count_in_the_language_of_the_user(environment, tmp_path, language, counted):
    job = JOB.replace("count", "load").replace("sheep", "visits")
    command = [sys.executable, "-c", job, "0"]
    told = {**environment, "FHIR_SERVER_LANGUAGE": language}
    done = subprocess.run(command, cwd=tmp_path, env=told, capture_output=True, text=True, check=True)
    assert done.stderr.startswith(counted)
