"""Languages as the plugins describe them, and groups of them, which ``--langs`` and contrasts take."""

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from xh.spec import LanguageSpec, UsageError
from xh.spec.errors import did_you_mean

if TYPE_CHECKING:
    from xh.plugins.registry import Registry

LEVELS = {"low": ("0", "1", "2"), "mid": ("3",), "high": ("4", "5")}
"""Resource levels by the classes of Joshi et al. 2020."""
SEEN = "seen"
HISTORY = (SEEN, "unseen")
"""The groups that the trainings before an evaluation decide."""
KINDS = "low, mid, high, seen, unseen, class:N, script:CODE, family:NAME"


def language(code: str, registry: "Registry") -> LanguageSpec | None:
    """What is known of a language; None where no plugin has a record of it, or several have."""
    return registry.languages.get(code) if len(registry.languages.claimants(code)) == 1 else None


def belongs(code: str, group: str, registry: "Registry") -> bool | None:
    """Whether a language is in a group, other than seen and unseen; None where what decides it is unknown."""
    fact, values = _meaning(group.casefold())
    known = _facts(language(code, registry)).get(fact)
    return any(each.casefold() in values for each in known) if known else None


def members(
    words: Collection[str], codes: Collection[str], registry: "Registry", seen: Collection[str] = ()
) -> tuple[str, ...]:
    """The ``codes`` that are one of the words, or in a group of them; ``seen``: the languages that trainings read."""

    def holds(word: str, code: str) -> bool:
        if word in codes:
            return word == code
        if word in HISTORY:
            return (code in seen) == (word == SEEN)
        return bool(belongs(code, word, registry))

    return tuple(code for code in codes if any(holds(word, code) for word in words))


def groups(registry: "Registry") -> list[str]:
    """All groups but seen and unseen; of those by a fact the ones that have members."""
    known = [_facts(language(code, registry)) for code, _ in registry.languages]
    by_fact = {f"{fact}:{value}" for facts in known for fact, values in facts.items() for value in values}
    return [*LEVELS, *sorted(by_fact)]


def is_group(word: str, registry: "Registry") -> bool:
    """Whether there is a group of this name, seen and unseen among them; those by a fact in capitals or not."""
    return word in HISTORY or word.casefold() in map(str.casefold, groups(registry))


def check_words(words: Iterable[str], codes: Collection[str], registry: "Registry") -> None:
    """Raise :class:`~xh.spec.UsageError` for a word that is neither one of these codes nor a group."""
    for word in words:
        if not is_group(word, registry):
            check_language(word, codes, registry, [*HISTORY, *groups(registry)])


def check_language(word: str, codes: Collection[str], registry: "Registry", others: Sequence[str] = ()) -> None:
    """Raise :class:`~xh.spec.UsageError` unless the word is one of these codes; ``others``: what it may mean besides.

    The error answers the name of a language with its code.
    """
    if word in codes:
        return
    known = sorted(set(codes))
    why = meant(word, known, registry) or did_you_mean(word, [*known, *others])
    todo = f"Known: {', '.join(known)}" + (f"; groups: {KINDS}." if others else ".")
    raise UsageError(f"There is no language {word!r}.", why=why, todo=todo)


def meant(word: str, codes: Collection[str], registry: "Registry") -> str:
    """``Did you mean 'de' (German)?`` for the name of one of these languages; else nothing."""
    titles = {code: spec.title for code in codes if (spec := language(code, registry))}
    by_name = {title.casefold(): code for code, title in titles.items()} | {code: code for code in codes}
    code = by_name.get(word.casefold())
    return f"Did you mean {code!r} ({titles.get(code, code)})?" if code else ""


def _meaning(group: str) -> tuple[str, Sequence[str]]:
    """The fact by which a group goes, and the values that its members have."""
    fact, _, value = group.partition(":")
    return ("class", LEVELS[group]) if group in LEVELS else (fact, (value,))


def _facts(spec: LanguageSpec | None) -> dict[str, tuple[str, ...]]:
    """The values of a language by fact; none where it is unknown."""
    if spec is None:
        return {}
    joshi = "" if spec.joshi is None else str(spec.joshi)
    found = {"class": (joshi,), "script": (spec.script,), "family": (spec.family, spec.branch)}
    return {fact: tuple(filter(None, values)) for fact, values in found.items()}
