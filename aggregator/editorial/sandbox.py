"""The Jinja2 sandbox of the operator's templates, disclaimers and blocks of pages: a template can insert its
variables, choose with `if` and change case.
Item text is never a template; there are no loops, calls, arithmetic or includes."""

from collections.abc import Callable

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from msgspec import Struct

from aggregator.editorial.disclaimer import ItemVariables, Variables


class Names(Struct, frozen=True):
    """Variables of a kind of template, those named `item.…` apart, and what it is called in errors."""

    kind: str
    variables: frozenset[str]
    of_item: frozenset[str]


DISCLAIMER = Names(
    "a disclaimer",
    frozenset(Variables.__struct_fields__) - {"item"},
    frozenset(ItemVariables.__struct_fields__),
)
FILTERS = frozenset({"capitalize", "default", "lower", "title", "trim", "upper"})

# An allow-list: any other node (loops, calls, arithmetic, macros, includes) could run long, grow large or
# reach out of the sandbox.
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Const,
    nodes.Name,
    nodes.Getattr,
    nodes.Filter,
    nodes.If,
    nodes.CondExpr,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Compare,
    nodes.Operand,
)

_environment = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined, cache_size=0)


class TemplateMistake(ValueError):
    """A mistake in a template, in a line of it, counted from 1; `reason` is the sentence without the line."""

    def __init__(self, line: int, reason: str, sentence: str = "") -> None:
        super().__init__(sentence or f"line {line}: {reason}")
        self.line, self.reason = line, reason


def compiled(source: str, names: Names = DISCLAIMER) -> Callable[[dict[str, object]], str]:
    """Return the template as a function from its variables to HTML, not yet checked as markup.

    Raises TemplateMistake for a template outside the allow-list, ValueError for one that is nested too
    deeply; the function raises ValueError when rendering fails.
    """
    try:
        _inspect(_environment.parse(source), names)
        template = _environment.from_string(source)
    except TemplateSyntaxError as error:
        reason = str(error.message)
        sentence = f"the template is broken in line {error.lineno}: {reason}"
        raise TemplateMistake(error.lineno, reason, sentence) from error
    except (RecursionError, SyntaxError, MemoryError) as error:  # Python's errors for thousands of brackets
        raise ValueError("the template is nested too deeply") from error
    return lambda values: _render(template, values)


def _render(template: Template, values: dict[str, object]) -> str:
    try:
        return template.render(values)
    except (TemplateError, TypeError, ValueError) as error:
        raise ValueError(f"the template cannot be filled in: {error}") from error


def _inspect(node: nodes.Node, names: Names) -> None:
    """Raise TemplateMistake for the first node, variable or filter outside the allow-list."""
    if not isinstance(node, _ALLOWED):
        kind = type(node).__name__.lower()
        raise TemplateMistake(node.lineno, f"{names.kind} can insert variables and use if, but not {kind}")
    match node:
        case nodes.Getattr(node=nodes.Name(name="item"), attr=attribute):
            _require(f"item.{attribute}", attribute in names.of_item, node.lineno, names)
            return  # visited, the bare name `item` would be an unknown variable
        case nodes.Getattr(attr=attribute):
            _require(f"….{attribute}", False, node.lineno, names)
        case nodes.Name(name=name):
            _require(name, name in names.variables, node.lineno, names)
        case nodes.Filter(name=name) if name not in FILTERS:
            raise TemplateMistake(node.lineno, f"no filter {name!r}; there are {', '.join(sorted(FILTERS))}")
    for child in node.iter_child_nodes():
        _inspect(child, names)


def _require(name: str, is_known: bool, line: int, names: Names) -> None:
    if not is_known:
        known = [*sorted(names.variables), *(f"item.{field}" for field in sorted(names.of_item))]
        raise TemplateMistake(line, f"no variable {name!r}; there are {', '.join(known)}")
