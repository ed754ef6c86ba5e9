"""XCOPA: COPA in eleven languages, five of them with few speakers or texts (Ponti et al. 2020, arXiv 2005.00333)."""

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import XCOPA


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="xcopa",
            title="XCOPA, causes and effects",
            kind="choice",
            roles=("target",),
            groups=("xtreme-r",),
            languages=("et", "ht", "id", "it", "qu", "sw", "ta", "th", "tr", "vi", "zh"),
            data=Hub(
                "cambridgeltl/xcopa",
                revision=XCOPA,
                config="{lang}",
                splits={"test": "test"},
                row="xh_tasks.copa:row",
            ),
            train_from=("siqa", "copa"),  # one after the other, with the same head
            metric="accuracy",
            # XTREME scripts/train_xcopa.sh; it takes 3e-5 for the largest encoders, and no checkpoint but the last.
            recipe={"learning_rate": 2e-5, "epochs": 5.0, "batch_size": 32, "warmup": 0.0, "select": "last"},
            rows={"test": 500},
            licence="CC-BY-4.0",
            citation="Ponti et al. 2020, arXiv:2005.00333",
        )
    ]
