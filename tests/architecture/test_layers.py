import subprocess
import sys
from pathlib import Path


def test_every_floor_imports_only_what_is_below_it(pytestconfig):
    # a process of its own: the linter configures logging for the whole process
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=pytestconfig.rootpath, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
