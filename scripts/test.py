"""Runs every test, without libtorch and then with it, and says at the end how it went.

Tests that this machine cannot run (no shared folder, no browser, no small disks) return early, which
cargo's test runner counts as passed. They write themselves into the file that DREAMER_SKIPPED names;
here they are counted as skipped, and named. Fails if either suite does. CARGO is the cargo to run.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile

SUITES = {
    "without libtorch": ["--no-default-features", "--features", "cli"],
    "with libtorch": [],
}

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
BINARY = re.compile(r"\s+(?:Running (?:unittests )?(\S+)|Doc-tests (\S+))")
RESULT = re.compile(r"test result: .* (\d+) passed; (\d+) failed; (\d+) ignored;")
TEST = re.compile(r"test (.+) \.\.\. (FAILED|ignored)(?:, (.*))?$")


class Suite:
    """What came of one run of cargo."""

    def __init__(self, name):
        self.name = name
        self.status = 0
        self.passed = 0
        self.failed = 0
        self.failures = []
        self.skipped = []

    def run(self, cargo, options):
        environment = dict(os.environ)
        if sys.stderr.isatty():
            environment.setdefault("CARGO_TERM_COLOR", "always")
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "skipped")
            environment["DREAMER_SKIPPED"] = file
            command = [*cargo, "test", "--release", "--no-fail-fast", *options]
            print("==", shlex.join(command), flush=True)
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
            )
            binary = ""
            for line in process.stdout:
                sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
                binary = self.read(COLOUR.sub("", line.decode(errors="replace")).rstrip(), binary)
            self.status = process.wait()
            if os.path.exists(file):
                with open(file, encoding="utf-8") as lines:
                    early = [line.rstrip("\n").split("\t", 1) for line in lines]
                self.passed -= len(early)
                self.skipped += [tuple(test) for test in early]

    def read(self, line, binary):
        """Takes note of a line of a binary's output; returns the binary that the next is of."""
        if found := BINARY.match(line):
            return found[1] or found[2]
        if found := RESULT.match(line):
            passed, failed, _ = map(int, found.groups())
            self.passed += passed
            self.failed += failed
            if failed:
                self.failures.append(f"{binary}: {line}")
        elif found := TEST.match(line):
            test, end, reason = found.groups()
            if end == "ignored":
                self.skipped.append((f"{binary}: {test}", reason or "ignored"))
            else:
                self.failures.append(f"{binary}: {test} FAILED")
        return binary


def main():
    cargo = shlex.split(os.environ.get("CARGO", "cargo"))
    suites = [Suite(name) for name in SUITES]
    for suite in suites:
        suite.run(cargo, SUITES[suite.name])

    print()
    for suite in suites:
        for failure in suite.failures:
            print(f"{suite.name}: {failure}")
        if suite.status and not suite.failures:
            print(f"{suite.name}: cargo test failed with exit status {suite.status}")
    # Most are skipped in both suites.
    for test, reason in sorted({test for suite in suites for test in suite.skipped}):
        print(f"skipped: {test}: {reason}")
    passed, failed, skipped = (
        sum(counts)
        for counts in zip(*((s.passed, s.failed, len(s.skipped)) for s in suites))
    )
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(any(suite.status for suite in suites))


if __name__ == "__main__":
    main()
