"""A report format: a function from the results to text."""


def headline(results):
    """The best gain over a baseline."""
    gains = [average for average in results.averages if average.delta is not None]
    if not gains:
        return "no gains to tell of\n"
    best = max(gains, key=lambda average: average.delta)
    return f"{best.inter} gives {best.target} {best.delta:+.1f}\n"
