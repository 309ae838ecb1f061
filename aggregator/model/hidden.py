"""Fields that the representation of a value leaves out, because they hold secrets."""

from collections.abc import Callable

from msgspec import Struct


def hiding(*names: str) -> Callable[[Struct], str]:
    """Return a `__repr__` for a Struct that leaves out these fields."""

    def represent(value: Struct) -> str:
        shown = (name for name in value.__struct_fields__ if name not in names)
        return f"{type(value).__name__}({', '.join(f'{name}={getattr(value, name)!r}' for name in shown)})"

    return represent
