"""Two methods of training, and two engines: in this process, and in another."""

from xh.api import EngineSpec, MethodSpec, hookimpl


@hookimpl
def xh_methods():
    return [
        MethodSpec(
            name="word-switch",
            title="words of other languages, from a dictionary, in other places in each epoch",
            code="xh_methods_demo.code_switch:CodeSwitch",
            settings={"ratio": 0.5, "dictionary": ""},
            files=("dictionary",),
        ),
        MethodSpec(
            name="layer-mix",
            title="the head reads a mixture of all layers, with weights that are learnt",
            code="xh_methods_demo.layer_mix:LayerMix",
            settings={"start": 0.0},
            mixtures=False,
        ),
    ]


@hookimpl
def xh_engines():
    settings = {"log": "worker.log"}
    return [
        EngineSpec(name="in-process", run="xh_methods_demo.engine:run", title="no worker process"),
        EngineSpec(name="pooled", run="xh_methods_demo.engine:run_pooled", title="a worker process", settings=settings),
    ]
