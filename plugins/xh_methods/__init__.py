"""Methods of training from papers around the question; none is on unless ``--method`` names it."""

from xh.api import MethodSpec, hookimpl

SHARE = (0, 1)


@hookimpl
def xh_methods() -> list[MethodSpec]:
    return [
        MethodSpec(
            name="freeze",
            code="xh_methods.freeze:Freeze",
            title="embeddings and lower layers stay as they are",
            settings={"embeddings": True, "layers": 3},
            limits={"layers": (0, None)},
        ),
        MethodSpec(
            name="rdrop",
            code="xh_methods.rdrop:RDrop",
            title="what two passes with other dropout predict is drawn together",
            settings={"weight": 1.0},
            limits={"weight": (0, None)},
        ),
        MethodSpec(
            name="code-switch",
            code="xh_methods.code_switch:CodeSwitch",
            title="words in other languages, from a dictionary, others in each epoch",
            settings={"dictionary": "", "sentences": 1.0, "ratio": 0.4},
            limits={"sentences": SHARE, "ratio": SHARE},
            files=("dictionary",),
        ),
        MethodSpec(
            name="layer-attention",
            code="xh_methods.layer_attention:LayerAttention",
            title="heads read the last layer and, by attention, the layers below it",
            settings={"lowest": 1},
            limits={"lowest": (0, None)},
        ),
        MethodSpec(
            name="salt",
            code="xh_methods.salt:Salt",
            title="subword tokens mixed with those that the encoder's masked LM predicts",
            settings={"ratio": 0.3, "candidates": 10, "alpha": 1.0},
            limits={"ratio": SHARE, "candidates": (1, None), "alpha": (0.001, None)},
        ),
        MethodSpec(
            name="lexical-injection",
            code="xh_methods.lexical_injection:LexicalInjection",
            title="a word and its translation are drawn together at a layer, through LoRA",
            settings={
                "dictionary": "",
                "layer": 2,
                "pairs": 32,
                "margin": 0.2,
                "weight": 1.0,
                "rank": 16,
                "lora_alpha": 32.0,
                "dropout": 0.05,
            },
            limits={
                "layer": (1, None),
                "pairs": (2, None),
                "margin": (0, None),
                "rank": (1, None),
                "dropout": SHARE,
            },
            files=("dictionary",),
        ),
    ]
