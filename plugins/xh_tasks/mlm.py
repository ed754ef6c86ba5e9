"""Continued masked language modelling on Wikipedia in XTREME's 40 languages (Phang et al. 2020, arXiv 2005.13013).

Which text the paper took is not known. Of each language the first file is read, and as many lines of it as the recipe
says are learnt.
"""

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import WIKIPEDIA

CODES = """
af ar bg bn de el en es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr ms my nl pt ru sw ta te th tl tr ur vi yo zh
"""


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="mlm",
            title="Masked language modelling",
            kind="mlm",
            roles=("intermediate",),
            languages=tuple(CODES.split()),
            data=Hub(
                "wikimedia/wikipedia",
                revision=WIKIPEDIA,
                config="20231101.{lang}",
                splits={"train": "train-00000", "dev": "train-00000"},
            ),
            metric="accuracy",
            licence="CC-BY-SA-3.0 and GFDL",
            citation="Wikimedia Foundation, https://dumps.wikimedia.org",
        )
    ]
