"""The Jinja2 sandbox of disclaimers: a template can insert its variables, choose with `if` and change case.
Item text is never a template; there are no loops, calls, arithmetic or includes."""

from collections.abc import Callable
from dataclasses import fields

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from aggregator.editorial.disclaimer import ItemVariables, Variables

VARIABLES = frozenset(field.name for field in fields(Variables)) - {"item"}
ITEM_VARIABLES = frozenset(field.name for field in fields(ItemVariables))
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


def compiled(source: str) -> Callable[[dict[str, object]], str]:
    """Return the template as a function from its variables to HTML, not yet checked as markup.

    Raises ValueError with the line and the reason for a template outside the allow-list; the function raises
    ValueError when rendering fails.
    """
    try:
        _inspect(_environment.parse(source))
        template = _environment.from_string(source)
    except TemplateSyntaxError as error:
        raise ValueError(f"the template is broken in line {error.lineno}: {error.message}") from error
    except (RecursionError, SyntaxError, MemoryError) as error:  # Python's errors for thousands of brackets
        raise ValueError("the template is nested too deeply") from error
    return lambda values: _render(template, values)


def _render(template: Template, values: dict[str, object]) -> str:
    try:
        return template.render(values)
    except (TemplateError, TypeError, ValueError) as error:
        raise ValueError(f"the template cannot be filled in: {error}") from error


def _inspect(node: nodes.Node) -> None:
    """Raise ValueError for the first node, variable or filter outside the allow-list."""
    if not isinstance(node, _ALLOWED):
        raise ValueError(
            f"line {node.lineno}: a disclaimer can insert variables and use if, "
            f"but not {type(node).__name__.lower()}"
        )
    match node:
        case nodes.Getattr(node=nodes.Name(name="item"), attr=attribute):
            _require(f"item.{attribute}", attribute in ITEM_VARIABLES, node.lineno)
            return  # visited, the bare name `item` would be an unknown variable
        case nodes.Getattr(attr=attribute):
            _require(f"….{attribute}", False, node.lineno)
        case nodes.Name(name=name):
            _require(name, name in VARIABLES, node.lineno)
        case nodes.Filter(name=name) if name not in FILTERS:
            raise ValueError(
                f"line {node.lineno}: no filter {name!r}; there are {', '.join(sorted(FILTERS))}"
            )
    for child in node.iter_child_nodes():
        _inspect(child)


def _require(name: str, is_known: bool, line: int) -> None:
    if not is_known:
        names = sorted(VARIABLES) + [f"item.{field}" for field in sorted(ITEM_VARIABLES)]
        raise ValueError(f"line {line}: no variable {name!r}; there are {', '.join(names)}")
