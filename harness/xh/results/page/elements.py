"""Elements of HTML and SVG: every text in them is escaped."""

from html import escape
from importlib.resources import files


class Markup(str):
    """HTML already. Only the functions below make it."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str | float | None) -> Markup:
    """An element with its children, which are escaped unless they are elements.

    ``class_`` is ``class``, ``data_n`` is ``data-n``; an attribute that is None is left out.
    """
    return Markup(f"{single(name, **attributes)}{joined(*children)}</{name}>")


def single(name: str, /, **attributes: str | float | None) -> Markup:
    """The opening of an element, which is all of ``meta`` and ``input``."""
    known = ((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items() if value is not None)
    written = "".join(f' {key}="{escape(str(value))}"' for key, value in known)
    return Markup(f"<{name}{written}>")


def joined(*children: str) -> Markup:
    """Children without an element around them."""
    return Markup("".join(each if isinstance(each, Markup) else escape(each) for each in children))


def code(name: str, text: str) -> Markup:
    """A ``script`` or ``style`` of our own text, which is not escaped: nothing of a result may be in it."""
    return Markup(f"<{name}>{text}</{name}>")


def own(name: str) -> str:
    """The text of one of the files beside this one."""
    return files(__package__).joinpath(name).read_text("utf-8")
