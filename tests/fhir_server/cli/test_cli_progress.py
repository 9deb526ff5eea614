import os
import subprocess
import threading


def on_a_terminal(command, environment, cwd):
    """What a command writes to standard error when that is a terminal."""
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
    return shown


def test_a_bar_on_a_terminal_and_plain_lines_elsewhere(run, command, environment, tmp_path):
    arguments = ("generate", "--visits", "1000", "--out", "in")
    assert "\x1b[" in on_a_terminal([*command, *arguments], {**environment, "TERM": "xterm"}, tmp_path)
    plain = run(*arguments)
    assert "\x1b[" not in plain.stderr
    assert all(line.startswith("generate: ") for line in plain.stderr.splitlines())
