#!/usr/bin/python3
"""Every example is tried: the files in conf/, the systemd units, and what stands in README.md.

Conventions for README.md, so that writing it is enough:
- A block ```toml is checked by `cc-gateway check` if it is a whole configuration (it has a line `[gateway]`) or begins with a line
  `# file: NAME`. Blocks of the same NAME are one file, in the order in which they stand. Any other block is a fragment: it must be valid TOML.
  Files for secrets that it names by a relative path (`token_file = "ccms.jwt"`) are there.
- A block ```sh test (GitHub shows it like ```sh) is run by `sh -eu` in an empty folder with the NAMEd files of this README in it and cc-gateway
  and the servers of the tests on the PATH; it must end with status 0 within a minute. A plain block ```sh is only read by people.
- Once there is a README.md it must have a block ```toml.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tomllib
import unittest

import harness
from harness import ROOT, Gateway, TestCase, main

UNITS = ROOT / "conf/systemd"


def blocks(text):
    """The fenced blocks of a Markdown text as (info string, body); those in lists without their indentation."""
    found = re.findall(r"^( *)```([^\n`]*)\n(.*?)^\1```[ \t]*$", text, re.M | re.S)
    return [(info, re.sub(f"^{indent}", "", body, flags=re.M)) for indent, info, body in found]


def named_files(text):
    """{NAME: text} of the toml blocks that say `# file: NAME`."""
    files = {}
    for info, body in blocks(text):
        if info.strip() == "toml" and (match := re.match(r"# file: (\S+)\n", body)):
            files[match[1]] = files.get(match[1], "") + body
    return files


def whole_configurations(text):
    """(where, text) of everything that `check` must like."""
    unnamed = [body for info, body in blocks(text) if info.strip() == "toml" and not body.startswith("# file: ")]
    return [*named_files(text).items(), *((f"block {i}", body) for i, body in enumerate(unnamed, 1) if re.search(r"^\[gateway\]", body, re.M))]


def write_secrets(folder, text):
    for name in re.findall(r'^ *\w+_file *= *"([^/"$][^"$]*)"', text, re.M):
        (folder / name).write_text("secret\n")
        (folder / name).chmod(0o600)


class Conf(TestCase):
    def check(self, config, folder):
        done = Gateway().run("check", "--config", config)
        # Who runs the tests may not write to /var/lib.
        problems = [line for line in done.stderr.splitlines() if ": warning: state_dir: " not in line]
        self.assertEqual((done.returncode, problems), (0, []), f"{folder}: {done.stdout}")

    @staticmethod
    def cases():
        """The files that are for `cc-gateway test`."""
        return sorted((ROOT / "conf").rglob("*_test.toml"))

    def test_the_cases_of_rules_pass(self):
        self.assertNotEqual(self.cases(), [])
        done = Gateway().run("test", *self.cases())
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)

    def test_check_likes_every_file_in_conf(self):
        files = sorted(set((ROOT / "conf").rglob("*.toml")) - set(self.cases()))
        names = {file.name for file in files}
        self.assertTrue({"gateway.toml", "prometheus.toml", "quickstart.toml", "subscriber.toml"} <= names, names)
        for file in files:
            with self.subTest(file.name):
                self.check(file, file)

    def test_check_refuses_a_file_with_a_mistake(self):
        gateway = Gateway((ROOT / "conf/quickstart.toml").read_text().replace("interval =", "intervall ="))
        done = gateway.run("check", "--config", gateway.config)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stdout + done.stderr, r"gateway.toml:\d+:1: unknown key 'intervall'")


class Systemd(TestCase):
    def verify(self, folder):
        return subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *sorted(str(path) for path in folder.iterdir())],
            capture_output=True, text=True, timeout=60, env={**os.environ, "SYSTEMD_COLORS": "0"},
        )  # fmt: skip

    def test_the_units_are_valid(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("skipped: needs systemd-analyze")
        folder = harness.run_dir("units")
        for unit in UNITS.iterdir():
            # The program is not installed on a machine that tests it.
            text, count = re.subn(r"^(ExecStart=)\S+", rf"\g<1>{Gateway.program()}", unit.read_text(), flags=re.M)
            self.assertEqual(count, 1 if unit.suffix == ".service" else 0, unit)
            (folder / unit.name).write_text(text)
        done = self.verify(folder)
        ours = [line for line in done.stderr.splitlines() if str(folder) in line or "cc-gateway" in line]
        self.assertEqual((done.returncode, ours), (0, []), done.stderr)
        # It would notice a mistake:
        service = folder / "cc-gateway.service"
        service.write_text(service.read_text() + "Restart=perhaps\n[Nonsense]\n")
        done = self.verify(folder)
        self.assertTrue([line for line in done.stderr.splitlines() if "cc-gateway.service" in line], done.stderr)

    def test_the_units_call_commands_that_exist(self):
        for unit in UNITS.glob("*.service"):
            (command,) = re.findall(r"^ExecStart=/usr/bin/cc-gateway (.*)$", unit.read_text(), re.M)
            verb, *options = (word for word in command.split() if not word.startswith("/"))
            done = Gateway().run(verb, "--help")
            self.assertEqual(done.returncode, 0)
            for option in options:
                self.assertIn(option, done.stdout, unit.name)


class Dev(TestCase):
    def test_help_lists_the_verbs(self):
        done = subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True, timeout=30)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for verb in ("demo", "test", "build", "bench", "lint", "fuzz"):
            self.assertRegex(done.stdout, rf"(?m)^ *\./dev {verb}\b")

    def test_an_unknown_verb_is_a_mistake(self):
        done = subprocess.run([ROOT / "dev", "tset"], capture_output=True, text=True, timeout=30)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("./dev test", done.stderr)


class Readme(TestCase):
    path = ROOT / "README.md"

    def setUp(self):
        if not self.path.exists():
            self.skipTest("there is no README.md yet")
        self.text = self.path.read_text()

    def write_files(self):
        folder = harness.run_dir("readme")
        for name, text in named_files(self.text).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
            write_secrets(folder, text)
        return folder

    def test_it_has_examples(self):
        self.assertNotEqual(whole_configurations(self.text), [], "README.md has no whole configuration in a ```toml block")

    def test_check_likes_every_configuration(self):
        for where, text in whole_configurations(self.text):
            with self.subTest(where):
                gateway = Gateway(text)
                write_secrets(gateway.dir, text)
                done = gateway.run("check", "--config", gateway.config)
                errors = [line for line in done.stderr.splitlines() if ": warning: " not in line]
                self.assertEqual((done.returncode, errors), (0, []), text)

    def test_every_fragment_is_toml(self):
        for info, body in blocks(self.text):
            if info.strip() == "toml":
                tomllib.loads(body)

    def test_marked_shell_blocks_run(self):
        programs = harness.run_dir("programs")
        (programs / "cc-gateway").symlink_to(Gateway.program())
        path = f"{programs}:{harness.SERVERS / 'bin'}:{os.environ.get('PATH', os.defpath)}"
        for info, body in blocks(self.text):
            if info.split() != ["sh", "test"]:
                continue
            with self.subTest(body):
                folder = self.write_files()
                done = subprocess.run(["sh", "-eu", "-c", body], cwd=folder, capture_output=True, text=True, timeout=60, env={**os.environ, "PATH": path})
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Convention(TestCase):
    """The tests above on texts of their own: what they would say once README.md is there."""

    def trial(self, text):
        """The names of the README tests that fail for this text."""
        path = pathlib.Path(harness.run_dir("trial")) / "README.md"
        path.write_text(text)

        class Trial(Readme):
            pass

        Trial.path = path
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(Trial).run(result)
        return sorted({test.id().rpartition("test_")[2].split()[0] for test, _ in [*result.failures, *result.errors]})

    WHOLE = '[gateway]\ncluster = "c"\n[router]\n[[sink]]\nname = "s"\ntype = "stdout"\n'

    def test_rows(self):
        whole = f"```toml\n{self.WHOLE}```\n"
        for text, want in (
            ("no block at all\n", ["it_has_examples"]),
            ("```toml\nkey = 1\n```\n", ["it_has_examples"]),
            (whole, []),
            (whole + "```toml\n[nats]\nurl = \"nats://h\"\n```\n", []),
            (whole + "```toml\n[nats\n```\n", ["every_fragment_is_toml"]),
            (whole.replace("cluster", "clutser"), ["check_likes_every_configuration"]),
            ("```toml\n# file: a.toml\n[gateway]\ncluster = \"c\"\n```\n", ["check_likes_every_configuration"]),
            ("```toml\n# file: a.toml\n[gateway]\ncluster = \"c\"\n```\n```toml\n# file: a.toml\n" + self.WHOLE.partition('"c"\n')[2] + "```\n", []),
            (whole.replace("toml\n", "toml\n# file: a.toml\n", 1) + "```sh test\ncc-gateway check --config a.toml\n```\n", []),
            (re.sub("^", "   ", whole, flags=re.M) + "\n", []),
            (whole.replace("stdout\"", 'cc_metric_store"\nurl = "http://h"\ntoken_file = "a.jwt"'), []),
            (whole + "```sh test\nfalse\n```\n```sh\nfalse\n```\n", ["marked_shell_blocks_run"]),
        ):
            with self.subTest(text):
                self.assertEqual(self.trial(text), want)


if __name__ == "__main__":
    main()
