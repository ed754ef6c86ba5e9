"""The commits of the Hub's data sets that the tasks read, each of which holds files and no loading script.

They are those that public code pins; ``xh doctor --data hub`` compares what they hold with the records.
"""

ANLI = "8e4813d81f46d313dac7892e1c28076917cfcdf9"
COMMONSENSE_QA = "94630fe30dad47192a8546eb75f094926d47e155"
COSMOS_QA = "ed50fe83db62b355759053b1cd5eef344ee371e0"
"""Of the Hub's own conversion, ``refs/convert/parquet``: main is a loading script."""
GLUE = "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"
HELLASWAG = "218ec52e09a7e7462a5400043bb9a69a41d06b76"
PAWS_X = "4cd8187c404bda33cb1f62b49b001115862acf37"
SNLI = "cdb5c3d5eed6ead6e5a341c8e56e669bb666725b"
SQUAD = "7b6d24c440a36b6815f21b70d25016731768db1f"
SQUAD_IT = "295af10dbb0c82e401bfea157b10fe9ff6f664eb"
"""Of the Hub's own conversion. No public code is known that reads it."""
SQUAD_V2 = "3ffb306f725f7d2ce8394bc1873b24868140c412"
TYDIQA = "da78f23f9119363459acbaf46bf89426ff26c259"
WIKIPEDIA = "b04c8d1ceb2f5cd4588862100d08de323dccfbaa"
XNLI = "b8dd5d7af51114dbda02c0e3f6133f332186418e"
XQUAD = "51adfef1c1287aab1d2d91b5bead9bcfb9c68583"
XTREME = "ec5f1f46e9af79639a90684a7a70a956c4998f04"
