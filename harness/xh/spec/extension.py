"""The other records that a plugin may return: encoders, engines, trackers, report formats, commands."""

from msgspec import Struct

from xh.spec.recipe import Values


class EncoderSpec(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A named encoder: ``source`` is a Hugging Face id, or a folder (absolute path).

    ``parameters``: how many weights its body has, ``body``: without the input embeddings. ``group``: a name for several
    encoders, such as the sizes of a family, in the order in which they are registered.
    """

    name: str
    source: str
    revision: str | None = None
    title: str = ""
    parameters: int | None = None
    body: int | None = None
    licence: str = ""
    group: str = ""


class EngineSpec(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who has the stages made: ``run`` is a ``"module:function"``, called with ``(stages, locations, listener)``.

    The ``stages`` come in order, parents first. For each that ``listener.blocked(stage)`` does not leave out it has
    ``xh.api.execute`` called, in a process of its choice, and tells the ``xh.api.Listener`` what becomes of
    it.

    ``check``: another one, called with the request before anything is fetched; it raises ``UsageError`` for what the
    engine can't do, such as a device that isn't there. ``settings``: name -> default value; users change them in
    ``tasks.toml`` below ``[engines.NAME]`` and with ``--engine-set``, to values of the same type. The request, and the
    locations, have all of them as ``engine_settings``.
    """

    name: str
    run: str
    title: str = ""
    check: str = ""
    settings: Values = {}


class TrackerSpec(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What ``--log NAME`` tells of a run: ``tracker`` is the ``"module:Class"`` of an ``xh.api.Tracker``.

    It is imported and called with the store's folder when the first stage begins. ``needs``: the packages that it
    imports, as pip names them; without them the run does not start.
    """

    name: str
    tracker: str
    title: str = ""
    needs: tuple[str, ...] = ()


class ReportFormat(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How results are written: ``render`` is a ``"module:function"`` from results (DESIGN of ``--json``) to text.

    If it has a parameter ``view``, that says what was asked for with ``--ci``, ``--notes`` and ``--appendix``.
    """

    name: str
    render: str
    title: str = ""


class CommandSpec(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A command of ``xh``: ``command`` is a ``"module:attr"`` of a click command, imported when it is called."""

    name: str
    command: str
    title: str = ""
