"""The room of jinja2 as the disclaimer meets it: a template that can name our variables, choose and
change case, and nothing else. Never sees item text as a template, never loops, calls or loads."""

from collections.abc import Callable

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

PLAIN = frozenset({"publication", "organisation", "licence"})
OF_ITEM = frozenset({"url", "title", "authors", "published", "retrieved"})
FILTERS = frozenset({"capitalize", "default", "lower", "title", "trim", "upper"})

# An allow-list: what is not here (loops, calls, arithmetic, macros, includes) can neither run long,
# grow large nor reach anything.
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
    """The template as a function of its variables; ValueError says in a sentence what is wrong with it.
    So does the function when rendering fails."""
    try:
        _inspect(_environment.parse(source))
        template = _environment.from_string(source)
    except TemplateSyntaxError as error:
        raise ValueError(f"the template is broken in line {error.lineno}: {error.message}") from error
    except (RecursionError, SyntaxError, MemoryError) as error:  # what Python says of endless brackets
        raise ValueError("the template is nested too deeply") from error
    return lambda values: _render(template, values)


def _render(template: Template, values: dict[str, object]) -> str:
    try:
        return template.render(values)
    except (TemplateError, TypeError, ValueError) as error:
        raise ValueError(f"the template cannot be filled in: {error}") from error


def _inspect(node: nodes.Node) -> None:
    """Refuse, with a sentence, whatever a disclaimer has no use for."""
    if not isinstance(node, _ALLOWED):
        raise ValueError(
            f"line {node.lineno}: a disclaimer can insert variables and use if, "
            f"but not {type(node).__name__.lower()}"
        )
    match node:
        case nodes.Getattr(node=nodes.Name(name="item"), attr=attribute):
            _known(f"item.{attribute}", attribute in OF_ITEM, node.lineno)
            return  # `item` alone would be an unknown variable
        case nodes.Getattr(attr=attribute):
            _known(f"….{attribute}", False, node.lineno)
        case nodes.Name(name=name):
            _known(name, name in PLAIN, node.lineno)
        case nodes.Filter(name=name) if name not in FILTERS:
            raise ValueError(
                f"line {node.lineno}: no filter {name!r}; there are {', '.join(sorted(FILTERS))}"
            )
    for child in node.iter_child_nodes():
        _inspect(child)


def _known(name: str, known: bool, line: int) -> None:
    if not known:
        names = sorted(PLAIN) + [f"item.{field}" for field in sorted(OF_ITEM)]
        raise ValueError(f"line {line}: no variable {name!r}; there are {', '.join(names)}")
