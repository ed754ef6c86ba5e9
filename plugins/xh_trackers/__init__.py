"""Trackers of experiments for ``--log``: TensorBoard, Weights & Biases, MLflow and Trackio, none of which is needed."""

from xh.api import TrackerSpec, hookimpl

TITLES = {
    "tensorboard": "event files in the store's folder",
    "wandb": "Weights & Biases; WANDB_MODE=offline keeps it here",
    "mlflow": "MLflow, where MLFLOW_TRACKING_URI says",
    "trackio": "Trackio, on this machine",
}


@hookimpl
def xh_trackers() -> list[TrackerSpec]:
    return [
        TrackerSpec(name=name, tracker=f"xh_trackers.{name}_runs:Runs", title=title, needs=(name,))
        for name, title in TITLES.items()
    ]
