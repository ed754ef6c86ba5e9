"""What transformers has for a type of model, read off the text of its tables: importing them takes seconds."""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct

TABLES = {
    "AutoModel": "MODEL_MAPPING_NAMES",
    "AutoModelForCausalLM": "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES",
    "AutoModelForMaskedLM": "MODEL_FOR_MASKED_LM_MAPPING_NAMES",
    "AutoModelForMultipleChoice": "MODEL_FOR_MULTIPLE_CHOICE_MAPPING_NAMES",
    "AutoModelForQuestionAnswering": "MODEL_FOR_QUESTION_ANSWERING_MAPPING_NAMES",
    "AutoModelForSequenceClassification": "MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES",
    "AutoModelForTextEncoding": "MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES",
    "AutoModelForTokenClassification": "MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES",
}
ENTRY = re.compile(r'^ +\(\s*"([^"]+)",\s*\(?"(\w+)"', re.MULTILINE)
POOLERLESS = ("deberta", "deberta-v2", "distilbert", "electra", "eurobert", "funnel", "modernbert", "xlm")
"""Types of encoders whose body has no pooler."""


class Architecture(Struct, frozen=True):
    """A type of model: the auto classes that transformers has for it."""

    name: str
    classes: frozenset[str]

    @property
    def known(self) -> bool:
        """Whether transformers can load its body."""
        return "AutoModel" in self.classes

    @property
    def half(self) -> bool:
        """Whether it is an encoder-decoder of whose two halves the encoder is read."""
        return _named("AutoModelForTextEncoding").get(self.name, "").endswith("EncoderModel")

    @property
    def decoder(self) -> bool:
        """Whether each token sees only those before it."""
        return "AutoModelForCausalLM" in self.classes and "AutoModelForMaskedLM" not in self.classes

    @property
    def pooler(self) -> bool:
        """Whether its body has a pooler, as far as is known."""
        return not (self.half or self.decoder or self.name in POOLERLESS)

    def has(self, auto: str) -> bool:
        """Whether transformers' class is taken for a head; those of decoders and encoder-decoders are not.

        The classes for questions and answers of Llama and Qwen lose the body of a checkpoint, that of mT5 for labels
        reads its decoder, and few decoders have all of them.
        """
        return auto in self.classes and not (self.half or self.decoder)


@cache
def architecture(name: str) -> Architecture:
    """What transformers has for ``model_type``."""
    return Architecture(name, frozenset(auto for auto in TABLES if name in _named(auto)))


@cache
def _named(auto: str) -> dict[str, str]:
    """The model types of one table, and their classes."""
    found = re.search(rf"^{TABLES[auto]} = OrderedDict\((.*?)^\)", _text(), re.MULTILINE | re.DOTALL)
    return dict(ENTRY.findall(found[1])) if found else {}


@cache
def _text() -> str:
    spec = find_spec("transformers")
    assert spec and spec.origin
    return (Path(spec.origin).parent / "models" / "auto" / "modeling_auto.py").read_text(encoding="utf-8")
