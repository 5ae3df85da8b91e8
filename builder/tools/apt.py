"""apt on a private root: it fetches and verifies indexes and resolves against them, independent of
this machine's own apt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit, urlunsplit

from builder import deb822
from builder.digest import sha256
from builder.errors import FetchError, ToolError
from builder.tools import process

CONFIGURATION = """\
Dir "{root}";
Dir::State "{root}/state";
Dir::State::status "{root}/status";
Dir::Cache "{root}/cache";
Dir::Etc "{root}/etc";
Dir::Log "{root}/log";
APT::Architecture "{arch}";
APT::Architectures {{ "{arch}"; }};
APT::Sandbox::User "root";
APT::Install-Recommends "false";
APT::Get::List-Cleanup "true";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
Binary::apt-get::Acquire::AllowInsecureRepositories "false";
"""
DIRECTORIES = (
    *("etc/apt.conf.d", "etc/preferences.d", "etc/sources.list.d", "etc/trusted.gpg.d"),
    *("state/lists/partial", "cache/archives/partial", "log"),
)
TARGETS = "$(CREATED_BY)|$(BASE_URI)|$(SUITE)|$(COMPONENT)|$(FILENAME)"
# Debug::NoLocking: a simulation takes no lock, so several may run at once.
SIMULATE = ("--simulate", "--no-install-recommends", "-o", "Debug::NoLocking=true")


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One line of sources.list."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...] = ("main",)
    keyring: Path | None = None
    """The keys that may sign it; None if the archive is our own and unsigned."""
    type: Literal["deb", "deb-src"] = "deb"
    """Whether it is for packages or their sources."""

    def lines(self) -> str:
        """Return it as apt reads it."""
        options = f"signed-by={self.keyring}" if self.keyring else "trusted=yes"
        address, components = without_user(self.uri), " ".join(self.components)
        return "".join(
            f"{self.type} [{options}] {address} {suite} {components}".rstrip() + "\n"
            for suite in self.suites
        )

    def login(self) -> str:
        """Return the user and password in its URI as apt_auth.conf(5) has them; nothing where there
        are none.
        """
        parts = urlsplit(self.uri)
        if not parts.username:
            return ""
        user, password = unquote(parts.username), unquote(parts.password or "")
        return f"machine {without_user(self.uri)} login {user} password {password}\n"


def without_user(uri: str) -> str:
    """Return a URI without user and password: what apt writes in lists and names of files."""
    parts = urlsplit(uri)
    return (
        urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if parts.netloc else uri
    )


def download(package: str, directory: Path) -> Path:
    """Fetch a package into an empty directory with this machine's own apt, and return its file.

    Raises:
        ToolError: there is no apt, it does not know the package, or could not fetch it.

    """
    process.run(["apt-get", "-q", "download", package], cwd=directory)
    return next(directory.glob("*.deb"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Apt:
    """A private apt root."""

    root: Path
    arch: str
    ca_bundle: Path | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment that makes apt use only this root."""
        return {"APT_CONFIG": str(self.root / "apt.conf"), "LC_ALL": "C.UTF-8"}

    def prepare(self, sources: Sequence[Source], preferences: str = "") -> None:
        """Write the configuration; indexes that are already there stay."""
        for name in DIRECTORIES:
            (self.root / name).mkdir(parents=True, exist_ok=True)
        configuration = CONFIGURATION.format(root=self.root, arch=self.arch)
        if self.ca_bundle:
            configuration += f'Acquire::https::CAInfo "{self.ca_bundle}";\n'
        (self.root / "apt.conf").write_text(configuration)
        (self.root / "etc/sources.list").write_text("".join(source.lines() for source in sources))
        logins = self.root / "etc/auth.conf"
        logins.touch(mode=0o600)
        logins.write_text("".join(dict.fromkeys(source.login() for source in sources)))
        (self.root / "etc/preferences").write_text(preferences)
        (self.root / "status").write_text("")

    def update(self, only: Source | None = None) -> None:
        """Fetch the indexes and verify their signatures and hashes; with `only`, of one source, and
        the others stay as they are.

        Raises:
            FetchError: an index could not be fetched or verified; has apt's own message.

        """
        argv = ["apt-get", "--error-on=any", "-q"]
        if only:
            alone = self.root / "etc" / "only.list"
            alone.write_text(only.lines())
            argv += ["-o", f"Dir::Etc::sourcelist={alone}", "-o", "APT::Get::List-Cleanup=false"]
        try:
            process.run([*argv, "update"], env=self.environment)
        except ToolError as error:
            said = error.tail.splitlines()
            complaints = [line for line in said if line.startswith(("E:", "W:", "Err:"))]
            why = "\n".join(complaints or said)
            raise FetchError(f"Debian's indexes could not be fetched:\n{why}") from error

    def indexes(
        self, kind: Literal["Packages", "Sources"] = "Packages"
    ) -> list[tuple[str, str, Path]]:
        """Return the indexes of a kind as (URI, suite, file), in the order of the sources."""
        rows = self._targets()
        return [(row[1], row[2], Path(row[4])) for row in rows if row[0] == kind]

    def components(self) -> set[str]:
        """Return the components of which an index was fetched."""
        return {row[3] for row in self._targets()}

    def _targets(self) -> list[list[str]]:
        output = process.text(
            ["apt-get", "indextargets", "--format", TARGETS], env=self.environment
        )
        return [line.split("|") for line in output.splitlines()]

    def releases(self, files: str = "*InRelease") -> dict[str, dict[str, str]]:
        """Return the signed states of the fetched archives: codename -> {date, inrelease}. `files`
        is a glob over apt's names for what is signed.
        """
        states = {}
        for path in sorted((self.root / "state/lists").glob(files)):
            text = path.read_text()
            date = parsedate_to_datetime(deb822.field(text, "Date") or "").astimezone(UTC)
            states[deb822.field(text, "Codename") or ""] = {
                "date": date.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "inrelease": f"sha256:{sha256(path.read_bytes())}",
            }
        return states

    def simulate(
        self,
        packages: Sequence[str],
        status: Path,
        preferences: Path | None = None,
        *,
        command: Literal["install", "satisfy"] = "install",
        profiles: Sequence[str] = (),
    ) -> str:
        """Return what installing the packages would do where `status` says what is installed, or
        satisfying them, if they are dependencies as Build-Depends has them. `preferences` are
        others than those that were prepared.

        Raises:
            ToolError: apt finds no solution.

        """
        argv = [
            "apt-get",
            *SIMULATE,
            "-o",
            f"Dir::State::status={status}",
            "-o",
            f"Dir::Etc::preferences={preferences or self.root / 'etc/preferences'}",
            "-o",
            f"APT::Build-Profiles={','.join(profiles)}",
            command,
            "--",
            *packages,
        ]
        result = process.run(argv, env=self.environment, check=False)
        if result.returncode:
            # apt prints what is wrong on one stream, and why on the other.
            raise ToolError(
                [str(part) for part in argv],
                result.returncode,
                (result.stdout + result.stderr).decode(errors="replace"),
            )
        return result.stdout.decode()

    def check(self, status: Path) -> str:
        """Return apt's complaints about a set of installed packages; empty if there are none."""
        argv = [
            "apt-get",
            "-o",
            f"Dir::State::status={status}",
            "-o",
            "Debug::NoLocking=true",
            "check",
        ]
        result = process.run(argv, env=self.environment, check=False)
        return result.stdout.decode() + result.stderr.decode() if result.returncode else ""
