"""The commits of the Hub's data sets that these tasks read, and the settings that they share.

Each holds parquet and no loading script. Of the two at ``main`` no full commit is known: a plan looks it up, and keeps
it in every row.
"""

COCO = "main"
FLICKR30K = "main"
MULTI30K = "54218e32a3eeb7a49a9205cac037bfe80048ae1e"
SNLI_VE = "421757c604562147650a7fd3e68502251bd37769"
"""Of the Hub's own conversion, ``refs/convert/parquet``."""

KRASNER = {"learning_rate": 1e-5, "epochs": 10.0, "batch_size": 32}
"""Krasner et al. 2025 (arXiv 2505.13628), as their code, nkrasner/cl-clip-align, has it."""

CONTRASTIVE = {"objective": {"contrastive": {}, "matching": {"metric": "accuracy"}}}
