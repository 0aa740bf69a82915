"""How values of other libraries are shown. None of them is imported: what a value is, its class says.

Nothing here computes: a queryset is not evaluated, a lazy object does not fetch itself, a large array is not written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

MAX_ARRAY_ITEMS = 1000

# Gives what stands for a value: plain types or other values, which are looked at in turn.
Stand = Callable[[Any], Any]
NOT_SET = object()


def stand_for(kind: type) -> Stand | None:
    """What makes something showable of values of this class; None if nothing here knows it."""
    if dataclasses.is_dataclass(kind):
        return _dataclass
    if "__attrs_attrs__" in kind.__dict__ or hasattr(kind, "__attrs_attrs__"):
        return _attrs
    for ancestor in kind.__mro__:
        top = ancestor.__module__.partition(".")[0] if isinstance(ancestor.__module__, str) else ""
        found = BY_CLASS.get((top, ancestor.__name__))
        if found is not None:
            return found
    return None


def _dataclass(value: Any) -> Mapping[str, Any]:
    return {field.name: _attribute(value, field.name) for field in dataclasses.fields(value) if field.repr}


def _attrs(value: Any) -> Mapping[str, Any]:
    fields = type(value).__attrs_attrs__
    return {field.name: _attribute(value, field.name) for field in fields if field.repr}


def _attribute(value: Any, name: str) -> Any:
    return getattr(value, name, None)


def _pydantic(value: Any) -> Mapping[str, Any]:
    kind = type(value)
    fields = getattr(kind, "__pydantic_fields__", None) or getattr(kind, "__fields__", {})
    hidden = {name for name, field in fields.items() if getattr(field, "repr", True) is False}
    return {name: inner for name, inner in vars(value).items() if name not in hidden}


def _array(value: Any) -> Any:
    if value.size > MAX_ARRAY_ITEMS:
        return f"<{type(value).__name__} of {value.dtype}, shape {tuple(value.shape)}>"
    return value.tolist()


def _scalar(value: Any) -> Any:
    plain = value.item()
    return repr(value) if type(plain) is type(value) else plain  # a longdouble is its own item


def _queryset(value: Any) -> str:
    model = vars(value).get("model")
    return f"<{type(value).__name__} of {_label(model)}, not evaluated>"


def _model(value: Any) -> str:
    """Not its own text, which may ask the database, and often is somebody's name."""
    meta = type(value)._meta  # noqa: SLF001 -- Django's documented interface
    return f"<{meta.label} {vars(value).get(meta.pk.attname)}>"


def _label(model: Any) -> str:
    return str(getattr(getattr(model, "_meta", None), "label", "a model"))


def _lazy_object(value: Any) -> Any:
    wrapped = vars(value).get("_wrapped", NOT_SET)
    kind = type(value).__name__
    # Django marks what is not there yet by an object without a class of its own.
    return f"<{kind}, not evaluated>" if wrapped is NOT_SET or type(wrapped) is object else wrapped


# The package and the name of a class that values of the kind inherit from.
BY_CLASS: dict[tuple[str, str], Stand] = {
    ("django", "QuerySet"): _queryset,
    ("django", "RawQuerySet"): _queryset,
    ("django", "Model"): _model,
    ("django", "LazyObject"): _lazy_object,
    ("django", "Promise"): str,  # a translation that waits for its language
    ("numpy", "ndarray"): _array,
    ("numpy", "generic"): _scalar,
    ("pydantic", "BaseModel"): _pydantic,
}
