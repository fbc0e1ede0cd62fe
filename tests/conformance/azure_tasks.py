"""Steps that are not bash: the repository, artifacts and where they land, secret files, tokens.

Sources: learn.microsoft.com/azure/devops/pipelines/yaml-schema/{steps-checkout,steps-publish,steps-download} and
/tasks/reference/{download-pipeline-artifact-v2,download-secure-file-v1,azure-cli-v2,cache-v2,use-python-version-v0,
publish-test-results-v2}.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from conformance.azure_agent_job import Agent
from conformance.azure_expressions import UnknownConstruct
from conformance.azure_settings import Settings
from conformance.azure_templates import Node, known
from local_world import World

_INPUTS = {
    "AzureCLI@2": {
        "azureSubscription",
        "addSpnToEnvironment",
        "visibleAzLogin",
        "scriptType",
        "scriptLocation",
        "inlineScript",
    },
    "Cache@2": {"key", "restoreKeys", "path"},
    "DownloadPipelineArtifact@2": {"buildType", "artifactName", "targetPath"},
    "DownloadSecureFile@1": {"secureFile"},
    "PublishTestResults@2": {"testResultsFormat", "testResultsFiles", "testRunTitle"},
    "UsePythonVersion@0": {"versionSpec"},
}
_CHECKED_OUT: dict[tuple[Path, str, int], Path] = {}
"""What git made of a commit once, to be copied after that."""


@dataclass
class Tasks:
    """All that the jobs of a run share: `ref` is a branch or tag of the world's repository."""

    world: World
    ref: str
    settings: Settings
    artifacts: Path
    names: list[str] = field(default_factory=list)

    def carry_out(self, kind: str, step: Node, agent: Agent) -> bool:
        match kind:
            case "checkout":
                return self._checkout(step, agent)
            case "publish":
                return self._publish(agent.variables.expanded(step["artifact"]), step, agent)
            case "download":
                return self._downloaded(step, agent)
            case _:
                return self._task(step, agent)

    def fetch_all(self, agent: Agent) -> None:
        """What a deployment gets unasked: every artifact of the run, each in a folder of its name."""
        for name in self.names:
            self._fetch(name, agent.folder / name)

    # ------------------------------------------------------------ the repository

    def _checkout(self, step: Node, agent: Agent) -> bool:
        if step["checkout"] == "none":
            return True
        if step["checkout"] != "self":
            raise UnknownConstruct(f"the repository {step['checkout']}")
        self.check_out(agent.sources, int(step.get("fetchDepth", "1")))
        return True

    def check_out(self, folder: Path, depth: int) -> None:
        key = (self.world.folder, self.world.commit_of(self.ref), depth)
        if key not in _CHECKED_OUT:
            place = self.world.folder / "checked-out" / f"{key[1]}-{depth}"
            place.mkdir(parents=True)
            self.world.check_out(place, self.ref, depth)
            _CHECKED_OUT[key] = place
        shutil.copytree(_CHECKED_OUT[key], folder, dirs_exist_ok=True, symlinks=True)

    # ------------------------------------------------------------ artifacts

    def _publish(self, name: str, step: Node, agent: Agent) -> bool:
        """A name is taken once in a run, and nothing to publish is a failure."""
        source = agent.folder / agent.variables.expanded(step["publish"])
        if "$(" in name or name in self.names or not source.exists():
            return False
        place = self.artifacts / name
        place.mkdir(parents=True)
        if source.is_dir():
            shutil.copytree(source, place, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, place / source.name)
        self.names.append(name)
        return True

    def _downloaded(self, step: Node, agent: Agent) -> bool:
        """The shortcut puts an artifact into a folder of its name below the workspace, not into the sources."""
        if step["download"] == "none":
            return True
        if step["download"] != "current":
            raise UnknownConstruct(f"artifacts of {step['download']}")
        if "artifact" not in step:
            self.fetch_all(agent)
            return True
        name = agent.variables.expanded(step["artifact"])
        return self._fetch(name, agent.folder / name)

    def _fetch(self, name: str, folder: Path) -> bool:
        if name not in self.names:
            return False
        shutil.copytree(self.artifacts / name, folder, dirs_exist_ok=True)
        return True

    # ------------------------------------------------------------ tasks

    def _task(self, step: Node, agent: Agent) -> bool:
        kind, given = step["task"], step.get("inputs", {})
        if kind not in _INPUTS:
            raise UnknownConstruct(f"the task {kind}")
        known(given, _INPUTS[kind])
        inputs = {name: agent.variables.expanded(text) for name, text in given.items()}
        match kind:
            case "DownloadPipelineArtifact@2":
                if inputs["buildType"] != "current":
                    raise UnknownConstruct(f"artifacts of {inputs['buildType']}")
                return self._fetch(inputs["artifactName"], agent.folder / inputs["targetPath"])
            case "DownloadSecureFile@1":
                return self._secure_file(inputs["secureFile"], step, agent)
            case "AzureCLI@2":
                return self._azure_cli(inputs, step, agent)
            case _:
                return True

    def _secure_file(self, name: str, step: Node, agent: Agent) -> bool:
        """Its path is an output of the step, in a folder that goes with the job."""
        (secret,) = self.settings.files[name].variables.values()
        file = agent.folder / "secure" / step.get("name", "") / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"secret {secret}", "utf-8")
        if "name" in step:
            agent.variables.values[f"{step['name']}.secureFilePath"] = str(file)
        return True

    def _azure_cli(self, inputs: Node, step: Node, agent: Agent) -> bool:
        """The script of the task sees the token of its service connection, if it asks for it."""
        if (inputs["scriptType"], inputs["scriptLocation"]) != ("bash", "inlineScript"):
            raise UnknownConstruct(f"a script of {inputs['scriptType']} in {inputs['scriptLocation']}")
        self.settings.connections[inputs["azureSubscription"]]
        told = {"idToken": f"token of {inputs['azureSubscription']}", "servicePrincipalId": "p", "tenantId": "t"}
        own = told if inputs.get("addSpnToEnvironment", "false").lower() == "true" else {}
        environment = {"PATH": agent.around.path, **agent.variables.environment({}), **own}
        return agent.bash(inputs["inlineScript"], environment, step)
