"""Stages as jobs of Slurm: what each is submitted with, what it runs, and a script that submits them all.

The engine's settings are ``options`` of sbatch, such as ``--gres=gpu:{gpus}``, and a ``prologue``: lines of bash before
a stage, such as ``module load cuda``. ``{gpus}`` is what ``--gpus-per-stage`` says for trainings, and 1 for others.
"""

import hashlib
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from xh.engine.worker import Order
from xh.plan import Request
from xh.spec import Locations, Stage, UsageError

GPUS = "{gpus}"
FOLDER = "slurm"
"""In the store; what jobs say is there."""
WARNING = 120
"""Seconds before a job's time is up when its stage clears away, to go on in the same job later."""
QUEUED = ("squeue", "--me", "--noheader", "--states=PD,R,S,CF", "--format=%A|%k|%j")
"""The jobs that will run or do, each as its number, :func:`tag` and stage."""
BODY = """\
#!/bin/bash
{prologue}export OMP_NUM_THREADS="${{OMP_NUM_THREADS:-${{SLURM_CPUS_PER_TASK:-$SLURM_CPUS_ON_NODE}}}}"
exec {command} stage run - <<'ORDER'
{order}
ORDER
"""
SCRIPT = """\
#!/bin/bash
# Stages of xh, each a job: {number}. Submits those that are neither in the store nor in the queue; run it as often as
# you like, and when all is done see xh report.
set -euo pipefail
store={store}
own=({own})
options=({options})
declare -A jobs
mkdir -p "$store/{folder}"
chmod --quiet --reference="$store" "$store/{folder}" || true  # who may write to the one may to the other
queued=$({queued})

submit() {{  # stage, parent and GPUs; the job's script is on standard input
  local script after=() job
  script=$(cat)
  job=$(awk -F'|' -v stage="$1" '$2 == "{tag}" && $3 == stage {{ print $1; exit }}' <<< "$queued")
  if [[ -z $job ]]; then
    if [[ -n ${{jobs[$2]-}} ]]; then
      after=(--dependency="afterok:${{jobs[$2]}}" --kill-on-invalid-dep=yes)
    fi
    job=$(sbatch --job-name="$1" "${{own[@]}}" "${{options[@]//"{gpus}"/$3}}" "${{after[@]}}" <<< "$script")
    job=${{job%%;*}}
    echo "$1 is job $job"
  fi
  jobs[$1]=$job
}}

there() {{ [[ -e $store/stages/$1/stage.json ]]; }}
"""


def tag(store: str) -> str:
    """What the jobs of a store have as their comment."""
    return f"xh-{hashlib.sha256(store.encode(errors='surrogateescape')).hexdigest()[:12]}"


def check_gpus(asked: Request | Locations) -> None:
    """Raise :class:`UsageError` if trainings shall have several GPUs that their jobs don't ask for."""
    if asked.gpus_per_stage > 1 and not any(GPUS in each for each in asked.engine_settings["options"]):
        raise UsageError(
            f"--gpus-per-stage {asked.gpus_per_stage} needs jobs that ask for as many GPUs.",
            todo=f'Say {GPUS} in the options in [engines.slurm-jobs], e.g. options = ["--gres=gpu:{GPUS}"].',
        )


def gpus(stage: Stage, locations: Locations) -> int:
    """How many GPUs a stage's job has."""
    return locations.gpus_per_stage if stage.trains else 1


def options(locations: Locations, gpus: str) -> list[str]:
    """What a job is submitted with, beside its name and what it waits for; the user's options come last."""
    return [*_own(locations), *(each.replace(GPUS, gpus) for each in locations.engine_settings["options"])]


def _own(locations: Locations) -> list[str]:
    said = f"{Path(locations.store) / FOLDER}".replace("%", "%%") + "/%x-%j"
    return [
        "--parsable",
        f"--comment={tag(locations.store)}",
        f"--output={said}.jsonl",
        f"--error={said}.log",
        "--open-mode=append",
        "--requeue",
        f"--signal=B:USR1@{WARNING}",
    ]


def body(stage: Stage, locations: Locations) -> str:
    """What a job runs, with the stage in it."""
    here = replace(locations, processes=gpus(stage, locations), gpus_per_stage=1)
    return BODY.format(
        prologue="".join(f"{line}\n" for line in locations.engine_settings["prologue"]),
        command=f"{shlex.quote(sys.executable)} -P -m xh",
        order=Order(stage, here).line().decode().rstrip(),
    )


def script(stages: Iterable[Stage], locations: Locations) -> str:
    """A script of bash that submits all stages that are not there; parents come first."""
    check_gpus(locations)
    calls = [_call(stage, locations) for stage in stages]
    head = SCRIPT.format(
        number=len(calls),
        store=shlex.quote(locations.store),
        folder=FOLDER,
        own=shlex.join(_own(locations)),
        options=shlex.join(locations.engine_settings["options"]),
        queued=shlex.join(QUEUED),
        tag=tag(locations.store),
        gpus=GPUS,
    )
    return "\n".join([head, *calls])


def _call(stage: Stage, locations: Locations) -> str:
    anew = (Path(locations.store) / "stages" / stage.id).exists()  # damaged, or to be made once more
    unless = "" if anew else f"there {stage.id} || "
    arguments = f"{stage.id} {stage.inputs.parent or '-'} {gpus(stage, locations)}"
    return f"{unless}submit {arguments} <<'JOB'\n{body(stage, locations)}JOB\n"
