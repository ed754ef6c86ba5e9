"""A table of names that several distributions may claim."""

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from xh.plugins.manager import BUILT_IN
from xh.spec import AmbiguousError, UnavailableError
from xh.spec.errors import did_you_mean


class Named(Protocol):
    """Any record with a name."""

    @property
    def name(self) -> str:
        """What it is asked for by."""


Record = TypeVar("Record", bound=Named)


class Claim(Struct, Generic[Record], frozen=True):
    """A record and the distribution that registers it."""

    dist: str
    record: Record


class Names(Generic[Record]):
    """Records by name: a built-in one can't be shadowed, two others under one name are ambiguous."""

    def __init__(self, what: str, hint: str = "") -> None:
        """``hint``: what to type for the known names; without it an error lists them."""
        self.what, self.hint = what, hint
        self._claims: list[Claim[Record]] = []
        self._named: dict[str, list[Claim[Record]]] = {}

    def add(self, dist: str, record: Record) -> None:
        """Register a record for a distribution, under its name and its aliases."""
        claim = Claim(dist, record)
        self._claims.append(claim)
        for name in {record.name, *getattr(record, "aliases", ())}:
            self._named.setdefault(name, []).append(claim)

    def __iter__(self) -> Iterator[tuple[str, Claim[Record]]]:
        """Every record under the shortest name that gets it, which it then bears, in the order of names."""
        for claim in sorted(self._claims, key=lambda claim: claim.record.name):
            record = self._bearing(claim)
            yield record.name, Claim(claim.dist, record)

    def __contains__(self, name: str) -> bool:
        return bool(self._candidates(name))

    def get(self, name: str) -> Record:
        """The record of this name, of this alias, or of ``dist:name``; it bears the shortest name that gets it."""
        found = self._candidates(name)
        if not found:
            todo = self.hint or f"Known: {', '.join(known for known, _ in self)}."
            raise UnavailableError(f"There is no {self.what} {name!r}.", why=self._nearest(name), todo=todo)
        if len(found) > 1:
            raise AmbiguousError(
                f"{self.what.capitalize()} {name!r} comes from {' and '.join(claim.dist for claim in found)}.",
                why="Several distributions claim this name, so use the full name.",
                todo="Say " + " or ".join(f"{claim.dist}:{claim.record.name}" for claim in found) + ".",
            )
        return self._bearing(found[0])

    def claimants(self, name: str) -> list[str]:
        """The distributions that have a record of this name or alias."""
        return [claim.dist for claim in self._candidates(name)]

    def collisions(self) -> Iterator[tuple[list[str], tuple[str, ...]]]:
        """The names, aliases among them, that the same distributions claim, and these distributions."""
        found: dict[tuple[str, ...], list[str]] = {}
        for name, claims in sorted(self._named.items()):
            if len(claims) > 1:
                found.setdefault(tuple(claim.dist for claim in claims), []).append(name)
        yield from ((names, dists) for dists, names in found.items())

    def identity(self, name: str) -> str:
        """What the record of this name is called whatever else is installed: ``dist:name``, or its name if built in."""
        self.get(name)
        (claim,) = self._candidates(name)
        return claim.record.name if claim.dist == BUILT_IN else f"{claim.dist}:{claim.record.name}"

    def _bearing(self, claim: Claim[Record]) -> Record:
        """The claim's record; two in one run must never bear the same name, so some are called ``dist:name``."""
        if self._candidates(claim.record.name) == [claim]:
            return claim.record
        named: Record = replace(claim.record, name=f"{claim.dist}:{claim.record.name}")  # type: ignore[type-var]
        return named

    def _candidates(self, name: str) -> list[Claim[Record]]:
        dist, _, short = name.rpartition(":")
        claims = self._named.get(short, [])
        if dist:
            return [claim for claim in claims if claim.dist == dist]
        return [claim for claim in claims if claim.dist == BUILT_IN] or claims

    def _nearest(self, name: str) -> str:
        return did_you_mean(name, list(self._named))
