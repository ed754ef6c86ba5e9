"""Files with one tag a line and a blank line between sentences."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from xh.metrics.lines import read_lines
from xh.metrics.tagging import read_sentences, span_f1
from xh.scoring.faults import Entry, Fault, Reading

Sentences = Sequence[Sequence[str]]


def read_tags(text: str, entry: Entry) -> Reading:
    """The tags of each sentence."""
    lines = enumerate((line.strip() for line in read_lines(text)), start=1)
    faults = [fault for number, line in lines if line for fault in entry.fault(line, number)]
    sentences = read_sentences(text)
    return Reading(sentences, faults if any(sentences) else [Fault("has no tags")])


def same_shape(predictions: Sentences, labels: Sentences) -> Iterator[Fault]:
    """A fault if there are more or fewer sentences than in the labels, else one for each of another length."""
    pairs = list(zip(predictions, labels, strict=False))
    differing = [number for number, (tags, wanted) in enumerate(pairs) if len(tags) != len(wanted)]
    lines = _first_lines(predictions)
    if len(predictions) != len(labels):
        parting = differing[0] if differing else len(pairs)
        line = lines[parting] if parting < len(predictions) else None
        counts = f"has {len(predictions):,} sentences, its labels have {len(labels):,}"
        yield Fault(f"{counts}; they differ from sentence {parting + 1}", line)
        return
    for number in differing:
        tags, wanted = map(len, pairs[number])
        yield Fault(f"sentence {number + 1} has {tags} tags, its labels have {wanted}", lines[number])


def score_tags(predictions: Sentences, labels: Sentences, lang: str) -> dict[str, float]:
    """F1, precision and recall of the spans in percent."""
    return span_f1(predictions, labels)._asdict()


def _first_lines(sentences: Sentences) -> list[int]:
    """The line in which each sentence begins: those before it took their tags and a blank line each."""
    return list(accumulate((len(tags) + 1 for tags in sentences), initial=1))
