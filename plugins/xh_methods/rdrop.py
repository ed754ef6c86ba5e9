"""R-Drop: each batch is read twice, with other dropout, and both predictions are drawn together.

Source: Liang et al. 2021 (arXiv 2106.14448), with the loss that the authors' README gives (github.com/dropreg/R-Drop):
half the sum of both losses, and ``weight`` times half the sum of both divergences. Here a divergence is a mean over
inputs (or words, or masked tokens), so that the weight does not depend on the batch size; the README leaves that open,
and the authors' code for GLUE sums over a batch, with a weight of 0.5 for BERT and 0.7 for RoBERTa.
"""

from typing import Any

from torch import Tensor
from torch.nn.functional import kl_div

from xh.api import Method, StageError, TrainingSetup, TrainJob

LOGITS = ("logits", "start_logits", "end_logits")
NO_LABEL = -100


class RDrop(Method):
    """``weight``: of the consistency, beside the loss. Needs a head that gives logits of several classes."""

    def setup(self, setup: TrainingSetup, job: TrainJob) -> TrainingSetup:
        """The loss of two passes."""
        before = setup.loss

        def loss(model: Any, inputs: dict[str, Any]) -> Tensor:
            outputs: list[Any] = []

            def noted(**batch: Any) -> Any:
                outputs.append(model(**batch))
                return outputs[-1]

            found: Tensor = (before(noted, inputs) + before(noted, inputs)) / 2
            found = found + self.settings.weight * consistency(outputs[0], outputs[-1], inputs.get("labels"))
            return found

        setup.loss = loss
        return setup


def consistency(one: Any, other: Any, labels: Tensor | None) -> Tensor:
    """Half the sum of both Kullback-Leibler divergences of two outputs, in nats; the mean over what has a label."""
    parts = [
        _symmetric(one[name], other[name], labels)
        for name in LOGITS
        if one.get(name) is not None and one[name].shape[-1] > 1
    ]
    if not parts:
        todo = "Leave the method out for this task."
        raise StageError("rdrop compares distributions over classes, which this task's model does not give.", todo=todo)
    return sum(parts[1:], parts[0]) / len(parts)


def _symmetric(one: Tensor, other: Tensor, labels: Tensor | None) -> Tensor:
    p, q = (each.float().log_softmax(-1) for each in (one, other))
    both = (kl_div(p, q, log_target=True, reduction="none") + kl_div(q, p, log_target=True, reduction="none")).sum(-1)
    if labels is not None and labels.shape == both.shape and labels.dim() > 1:
        both = both[labels != NO_LABEL]
    return both.mean() / 2
