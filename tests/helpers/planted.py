"""Results with planted differences, as a store would give them."""

from math import erfc
from statistics import fmean

from xh.results.records import Average, Results, Row, Summary, joined
from xh.spec.cell import Coordinates

CODES = ("de", "fr", "sw", "ru", "th", "ur", "zh", "ar", "bg", "el", "es", "hi", "tr", "vi", "en")


def arm(
    gains, *, inter="mnli", target="xnli", half=0.5, mean_half=0.3, sds=(0.2,), seeds=(1, 2, 3), base=60.0,
    chance=33.3, baseline=True, reasons=(), model="mini", limit=None, n=1000,
):  # fmt: skip
    """One target after one intermediate task; ``gains`` by language, ``half``: of a 95% interval, None for none.

    ``sds``: of the difference over seeds. With ``reasons`` there is no average that can be compared.
    """
    sd = sds[0] if len(seeds) > 1 else None
    compared = inter != "none" and baseline
    stages = tuple(f"evaluate-{target}-{inter}-{model}-{limit}-{seed}" for seed in seeds or (0,))
    at = Coordinates(model=model, limit_intermediate=limit)
    shared = {"inter": inter, "at": at, "target": target, "n": n, "chance": chance}

    def summary(lang, delta, half):
        mean = None if delta is None else base + delta
        return Summary(
            **shared, lang=lang, metric="accuracy" if lang else None, main=True, seeds=tuple(seeds), mean=mean,
            sd_seeds=sd, baseline=base if compared and mean else None, baseline_sd_seeds=None,
            delta=delta if compared else None, delta_sd_seeds=sd if compared else None,
            ci95_examples=(delta - half, delta + half) if compared and half and delta is not None else None,
            p_examples=erfc(abs(delta) / half * 1.96 / 2**0.5) if compared and half and delta is not None else None,
            at_chance=None if chance is None or mean is None else mean < chance + 2, stages=stages,
        )  # fmt: skip

    def row(lang, gain, seed, stage):
        return Row(
            **shared,
            lang=lang,
            seed=seed,
            metric="accuracy",
            value=base + gain,
            baseline=base if compared else None,
            delta=gain if compared else None,
            ci95_examples=None,
            main=True,
            at_chance=False,
            stage=stage,
            protocol={"encoder": model, "profile": "paper", "source": "hub"},
            comparable=not reasons,
            why_not=joined(reasons),
        )  # fmt: skip

    rows = [row(*each, *run) for run in zip(seeds or (None,), stages, strict=True) for each in gains.items()]
    gain = None if reasons else fmean(gains.values())
    average = Average(
        **shared, seed=seeds[0] if seeds else None, langs=tuple(gains), score=None if reasons else base + gain,
        baseline=base if compared else None, delta=gain if compared else None, ci95_examples=None, at_chance=False,
        comparable=not reasons, why_not=joined(reasons), stages=stages,
    )  # fmt: skip
    summaries = [summary(lang, each, half) for lang, each in gains.items()]
    return Results(rows=tuple(rows), averages=(average,), summaries=(*summaries, summary(None, gain, mean_half)))


def together(*parts):
    """Several results as one."""
    fields = ("rows", "averages", "summaries")
    return Results(**{field: tuple(each for part in parts for each in getattr(part, field)) for field in fields})


def over(langs, gain):
    """The same gain in so many languages."""
    return dict.fromkeys(CODES[:langs], gain)
