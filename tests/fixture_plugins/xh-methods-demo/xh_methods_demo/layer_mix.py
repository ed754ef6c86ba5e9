"""A head that reads a mixture of the embeddings and all layers, with weights that are learnt."""

import torch

from xh.api import Method


class LayerMix(Method):
    """Adds one weight for each layer; ``start`` is that of the last one, the others' are 0, before a softmax."""

    def adapt(self, model):
        body = model.base_model
        start = torch.zeros(body.config.num_hidden_layers + 1)
        start[-1] = self.settings.start
        model.layer_mix = torch.nn.ParameterDict({"weights": torch.nn.Parameter(start)})
        body.register_forward_pre_hook(_with_hidden_states, with_kwargs=True)
        body.register_forward_hook(lambda body, inputs, output: _mixed(output, model.layer_mix["weights"]))
        return model


def _with_hidden_states(body, inputs, options):
    return inputs, options | {"output_hidden_states": True}


def _mixed(output, weights):
    states = torch.stack(output.hidden_states, -1)
    return type(output)(last_hidden_state=states @ weights.softmax(0).to(states.dtype))
