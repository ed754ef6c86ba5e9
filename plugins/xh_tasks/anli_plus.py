"""ANLI+: SNLI, MNLI and the three rounds of ANLI as one data set (Phang et al. 2020, arXiv 2005.13013).

All three number their labels alike. Rows without a gold label (-1, in SNLI) are dropped. Dev is SNLI's validation set,
MNLI's matched one, and ANLI's three.
"""

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import ANLI, GLUE, SNLI

ROUNDS = ("r1", "r2", "r3")


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="anli_plus",
            title="ANLI+, natural language inference",
            kind="classify",
            roles=("intermediate",),
            groups=("phang2020",),
            languages=("en",),
            data=(
                Hub("stanfordnlp/snli", SNLI, {"train": "train", "dev": "validation"}, config="plain_text"),
                Hub("nyu-mll/glue", GLUE, {"train": "train", "dev": "validation_matched"}, config="mnli"),
                *(
                    Hub("facebook/anli", ANLI, {"train": f"train_{name}", "dev": f"dev_{name}"}, config="plain_text")
                    for name in ROUNDS
                ),
            ),
            columns={"text_a": "premise", "text_b": "hypothesis"},
            labels=("entailment", "neutral", "contradiction"),
            metric="accuracy",
            rows={"train": 1_104_934, "dev": 22_857},
            licence="CC-BY-SA-4.0 (SNLI), by genre (MNLI), CC-BY-NC-4.0 (ANLI)",
            citation="Bowman et al. 2015, arXiv:1508.05326; Williams et al. 2018, arXiv:1704.05426; "
            "Nie et al. 2020, arXiv:1910.14599",
        )
    ]
