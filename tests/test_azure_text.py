"""Text from people, and values that they type, in jobs that run the way an agent runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azure_samples import job, jobs_of, one_job, phase, pipeline, ran, read, script
from pipegen.delivery import (
    Action,
    Job,
    JobVariable,
    Parameter,
    ParameterValue,
    Run,
    StepVariable,
    Text,
)

Kind = Literal["string", "integer", "boolean"]


@given(
    text=st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=60)
    | st.sampled_from(
        [
            "$(Build.BuildId)",
            "a $(x) $$(x)",
            "$[variables.x]",
            "${{ parameters.x }}",
            "'\"\\`$HOME",
            "two\n$(x)\nlines",
            "\ttab ",
        ]
    ),
    name=st.sampled_from(["PLAIN", "INPUT_TABLE", "secret_sauce".upper(), "PATHS"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_variable_reaches_scripts_with_exactly_its_text(text: str, name: str, tmp_path: Path) -> None:
    other = "Zz" + text
    tell = script("tell", f'printf "%s|%s" "${name}" "$OTHER" > told', variables=(StepVariable("OTHER", Text(other)),))
    one = one_job(tell, variables=(JobVariable(name, Text(text)), JobVariable("OTHER", Text("job's own"))))
    agent = ran(one, tmp_path, variables={"Build.BuildId": "7", "x": "expanded"})
    assert not agent.failed, agent.log
    assert (tmp_path / "told").read_text("utf-8") == f"{text}|{other}"


@given(text=st.text(max_size=40) | st.sampled_from(["$(x)", "${{ x }}", "$[x]", "a\n$(x)"]))
@settings(max_examples=40, deadline=None)
def test_titles_are_neither_macros_nor_expressions(text: str) -> None:
    printable = "".join(letter for letter in text if letter.isprintable())
    work = Job("work", printable or "t", (Run("x", printable or "t", "set -euo pipefail\n"),))
    labels = [jobs_of(read(pipeline(phase("a", (work,)))))["work"]["displayName"]]
    assert not any(opener in label for label in labels for opener in ("$(", "$[", "${{"))


def test_a_script_keeps_its_own_template_expressions_as_text(tmp_path: Path) -> None:
    agent = ran(one_job(script("say", "echo '${{ parameters.version }}'")), tmp_path)
    assert "${{ parameters.version }}" in agent.log


@pytest.mark.parametrize(
    ("kind", "given_value", "seen"),
    [
        ("string", "1.4.2", "1.4.2"),
        ("string", "$(System.AccessToken)", "$ (System.AccessToken)"),
        ("string", "$[variables.x]", "$ [variables.x]"),
        ("string", '1"; echo PWN""ED; "', '1"; echo PWN""ED; "'),
        ("boolean", "True", "true"),
        ("integer", "12", "12"),
    ],
)
def test_a_parameter_reaches_scripts_as_data(kind: Kind, given_value: str, seen: str, tmp_path: Path) -> None:
    parameter = Parameter("version", kind, "", "", (), "", "", "", ())
    tell = script("tell", 'printf "%s" "$PIPEGEN_PARAM_VERSION" > told')
    work = job("work", tell, variables=(JobVariable(parameter.variable, ParameterValue("version")),))
    one = pipeline(phase("a", (work,)), event=Action("act", (parameter,), ("prod",)))
    held = {"System.AccessToken": "the token", "x": "expanded"}
    agent = ran(one, tmp_path, parameters={"version": given_value}, variables=held)
    assert not agent.failed, agent.log
    assert (tmp_path / "told").read_text("utf-8") == seen
