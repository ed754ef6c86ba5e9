"""The conformance kit: do a task's record, its data and its kind fit together?

A plugin's own test, with all its tasks and every check::

    from xh.testing import conformance_tests

    test_conformance = conformance_tests("xh-sick")

:func:`check` and :data:`CHECKS` are the same without pytest.
"""

from xh.testing.checks import CHECKS, InapplicableError, NotCheckedError, check
from xh.testing.subject import Subject, subjects
from xh.testing.suite import conformance_tests

__all__ = ["CHECKS", "InapplicableError", "NotCheckedError", "Subject", "check", "conformance_tests", "subjects"]
