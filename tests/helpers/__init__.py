"""What tests share and pytest needn't know of: one module for each thing that they make, run or check."""

from pkgutil import iter_modules

import pytest

pytest.register_assert_rewrite(*(f"helpers.{module.name}" for module in iter_modules(__path__)))
