"""Documents from their templates: the words by hand, each figure by a query.

A template is Jinja's, in ``docs/templates/``. What it may ask is in :mod:`queries`, how it writes numbers in :mod:`numbers`.
"""

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import jinja2

from tomobench.bench.cache import whole_file
from tomobench.desk.errors import UserError
from tomobench.desk.publish.docs.numbers import FILTERS

TEMPLATES = Path("docs", "templates")
README = "README.md"
"""The document that is written at the root; all others are written into docs/."""

NOTE = "<!-- Written by make docs from {}: change that. -->\n"
"""The first line of each document."""


def templates(root: Path) -> dict[Path, Path]:
    """Where each document is written, and its template; both from ``root``. Raises UserError for none."""
    found = {
        Path(path.name if path.name == README else f"docs/{path.name}"): path.relative_to(root)
        for path in sorted((root / TEMPLATES).glob("*.md"))
    }
    if not found:
        raise UserError(f"there are no templates in {TEMPLATES}")
    return found


def rendered(root: Path, template: Path, functions: dict[str, object]) -> str:
    """The text of a document. ``functions``: what its template may ask, by name.

    Raises UserError, which names the template, the line and the query, for one that finds nothing.
    """
    jinja = jinja2.Environment(
        loader=jinja2.FileSystemLoader(root),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.globals.update(functions)
    jinja.filters.update(FILTERS)
    try:
        return NOTE.format(template.as_posix()) + jinja.get_template(template.as_posix()).render()
    except jinja2.TemplateSyntaxError as error:
        raise UserError(f"{template.as_posix()}:{error.lineno}: {error.message}") from None
    except (
        jinja2.TemplateError,
        UserError,
        ArithmeticError,
        LookupError,
        ValueError,
        TypeError,
    ) as error:
        line, query = _place(error, root / template)
        raise UserError(f"{template.as_posix()}:{line}: {query}: {error}") from None


def _place(error: Exception, template: Path) -> tuple[int, str]:
    """The line of a template at which an error came up, and what stands there."""
    frames = traceback.extract_tb(error.__traceback__)
    line = max((one.lineno or 0 for one in frames if Path(one.filename) == template), default=0)
    return line, template.read_text(encoding="utf-8").splitlines()[line - 1].strip()


def stale(root: Path, functions: dict[str, object]) -> Iterator[Path]:
    """The documents that are not what their queries give."""
    for document, template in templates(root).items():
        path = root / document
        text = path.read_text(encoding="utf-8") if path.exists() else None
        if text != rendered(root, template, functions):
            yield document


def write(root: Path, functions: dict[str, object], tell: Callable[[str], None]) -> None:
    """Write the documents that are not what their queries give. All are worked out before one is written."""
    texts = {
        document: rendered(root, template, functions)
        for document, template in templates(root).items()
    }
    for document, text in texts.items():
        path = root / document
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            with whole_file(path, "w") as file:
                file.write(text)
            tell(f"{document.as_posix()} is written anew")
