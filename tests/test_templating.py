from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from pipegen import resources
from pipegen.templating import Safe, environment, render_template


class Tier(StrEnum):
    PROD = "prod"


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(resources, "TEMPLATES", tmp_path)
    environment.cache_clear()
    yield tmp_path
    environment.cache_clear()


def rendered(source: str, /, **values: object) -> str:
    return environment().from_string(source).render(values)


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("sh {{ x | groovy }}", r"sh 'it\'s $x'"),
        ("echo {{ x | sh }}", r"echo 'it'\''s $x'"),
        ("// {{ x | groovy_comment }}", "// it's $x"),
        ("| {{ x | markdown }} |", r"| it's \$x |"),
        ("echo {{ x | sh | groovy }}", r"echo '\'it\'\\\'\'s $x\''"),
        ("{{ name | identifier }}({{ count }})", "train_1(-3)"),
        ("{{ tier | groovy }}", "'prod'"),
        ("{% set command = x | groovy %}{{ command }}", r"'it\'s $x'"),
        ("{{ 'true' | identifier if count else 'false' | identifier }}", "true"),
    ],
)
def test_a_value_that_passed_a_filter_is_printed(source: str, written: str) -> None:
    assert rendered(source, x="it's $x", name="train_1", count=-3, tier=Tier.PROD) == written


@pytest.mark.parametrize(
    "source",
    [
        "{{ x }}",
        "{{ 'constant' }}",
        "{{ x | upper }}",
        "{{ x | sh | upper }}",
        "{{ x.upper() }}",
        "{{ (x | sh) ~ x }}",
        "{{ [x | sh] | join(' ') }}",
        "{{ [x | sh] }}",
        "{{ true }}",
        "{{ none }}",
        "{{ 1.5 }}",
        "{{ tier }}",
        "{% set block %}{{ x | sh }}{% endset %}{{ block }}",
        "{% macro printed() %}{{ x }}{% endmacro %}{{ printed() }}",
        "{{ 3 | groovy }}",
        "{{ none | sh }}",
    ],
)
def test_a_value_that_passed_no_filter_is_refused(source: str) -> None:
    with pytest.raises(TypeError, match="a template prints"):
        rendered(source, x="harmless", tier=Tier.PROD)


@pytest.mark.parametrize(
    "source", ["{{ missing }}", "{{ missing | groovy }}", "{{ x.missing }}", "{% if missing %}{% endif %}"]
)
def test_an_undefined_name_is_refused_by_its_name(source: str) -> None:
    with pytest.raises(UndefinedError, match="missing"):
        rendered(source, x={})


@pytest.mark.parametrize("text", ["train", "_x", "a-b.c_1"])
def test_an_identifier_is_printed_as_it_is(text: str) -> None:
    assert rendered("{{ x | identifier }}", x=text) == text


@pytest.mark.parametrize("text", ["", "1a", "a b", "a'", "-a", "é", "a\n", "a$", "a(b)"])
def test_what_is_no_identifier_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an identifier"):
        rendered("{{ x | identifier }}", x=text)


def test_a_macro_prints_what_its_filters_made_safe() -> None:
    source = (
        "{% macro step(x) %}sh {{ x | groovy }}; {{ caller() }}{% endmacro %}{% call step('a') %}{{ 1 }}{% endcall %}"
    )
    assert rendered(source) == "sh 'a'; 1"
    assert (
        rendered("{% macro step(x) %}sh {{ x | groovy }}{% endmacro %}{{ step('a') }}{{ step('b') }}") == "sh 'a'sh 'b'"
    )


def test_lines_of_tags_leave_no_trace_and_text_of_several_lines_keeps_its_indentation() -> None:
    source = "stage {\n  {% if true %}\n  {# why #}\n  sh {{ x | groovy }}\n  {% endif %}\n}\n"
    assert rendered(source, x="a\n  b\n") == "stage {\n  sh '''a\n  b\n'''\n}\n"


def test_what_a_filter_returns_is_text_that_says_it_is_safe() -> None:
    assert isinstance(environment().filters["groovy"]("a"), Safe)


def test_templates_are_read_from_the_shipped_folder_and_may_use_each_other(templates: Path) -> None:
    (templates / "jenkins").mkdir()
    (templates / "jenkins" / "outer").write_text(
        "{% import 'jenkins/macros' as macros %}\n{% for x in names %}\n{% include 'jenkins/inner' %}\n{% endfor %}\n"
        "{{ macros.twice(names[0]) }}\n",
        encoding="utf-8",
    )
    (templates / "jenkins" / "inner").write_text("é {{ x | groovy }}\n", encoding="utf-8")
    (templates / "jenkins" / "macros").write_text(
        "{% macro twice(x) %}{{ x | sh }}{{ x | sh }}{% endmacro %}\n", encoding="utf-8"
    )
    assert render_template("jenkins/outer", names=["a", "b"]) == "é 'a'\né 'b'\naa\n"


def test_an_imported_macro_prints_each_argument_as_its_own_however_often_it_was_called(templates: Path) -> None:
    (templates / "macros").write_text(
        "{% macro outer(x) %}{{ inner(x) }}{% endmacro %}{% macro inner(x) %}<{{ x }}>{% endmacro %}", encoding="utf-8"
    )
    (templates / "page").write_text("{% import 'macros' as macros %}{{ macros.outer(x) }}", encoding="utf-8")
    printed = [render_template("page", x=x) for x in (Safe("a"), Safe("b"), Safe("a"), 1)]
    assert printed == ["<a>", "<b>", "<a>", "<1>"]
    for unquoted in ("a", True):
        with pytest.raises(TypeError, match="a template prints"):
            render_template("page", x=unquoted)


def test_a_macro_of_the_page_itself_sees_the_values_of_each_page() -> None:
    source = "{% macro outer() %}{{ inner() }}{% endmacro %}{% macro inner() %}{{ x | sh }}{% endmacro %}{{ outer() }}"
    template = environment().from_string(source)
    assert [template.render(x=x) for x in ("a", "b")] == ["a", "b"]


def test_a_value_may_be_called_name(templates: Path) -> None:
    (templates / "page").write_text("{{ name | groovy }}", encoding="utf-8")
    assert render_template("page", name="a") == "'a'"


def test_a_template_that_is_not_shipped_is_an_error(templates: Path) -> None:
    (templates / "folder").mkdir()
    with pytest.raises(TemplateNotFound, match="folder"):
        render_template("folder")


def test_importing_the_module_does_not_import_jinja2() -> None:
    program = "import sys, pipegen.templating; sys.exit('jinja2' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
