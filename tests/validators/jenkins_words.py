"""The words of Declarative Pipeline, and the steps that generated Jenkinsfiles may call.

Sources: jenkins.io/doc/book/pipeline/syntax and the pages of the steps. A step that is not here is unknown to the
check, not to Jenkins; adding one says that its plugin is asked of every user.
"""

from __future__ import annotations

PIPELINE = frozenset(
    {"agent", "environment", "libraries", "options", "parameters", "post", "stages", "tools", "triggers"}
)
CONTENT = frozenset({"matrix", "parallel", "stages", "steps"})
STAGE = CONTENT | {"agent", "environment", "failFast", "input", "options", "post", "tools", "when"}
AGENTS = frozenset({"docker", "dockerfile", "kubernetes", "label", "node"})
POST = frozenset(
    {"aborted", "always", "changed", "cleanup", "failure", "fixed", "notBuilt", "regression", "success", "unstable"}
) | {"unsuccessful"}
STAGE_OPTIONS = frozenset({"ansiColor", "lock", "retry", "skipDefaultCheckout", "timeout", "timestamps"})
OPTIONS = STAGE_OPTIONS | {
    "buildDiscarder",
    "checkoutToSubdirectory",
    "copyArtifactPermission",
    "disableConcurrentBuilds",
    "disableRestartFromStage",
    "disableResume",
    "durabilityHint",
    "newContainerPerStage",
    "overrideIndexTriggers",
    "parallelsAlwaysFailFast",
    "preserveStashes",
    "quietPeriod",
    "rateLimitBuilds",
    "skipStagesAfterUnstable",
}
TRIGGERS = frozenset({"cron", "pollSCM", "upstream"})
PARAMETERS = frozenset({"booleanParam", "choice", "password", "string", "text"})
INPUT = frozenset({"id", "message", "ok", "parameters", "submitter", "submitterParameter"})
WHEN_ORDER = frozenset({"beforeAgent", "beforeInput", "beforeOptions"})
WHEN_NESTING = frozenset({"allOf", "anyOf", "not"})
WHEN = (
    WHEN_NESTING
    | {"branch", "buildingTag", "changeRequest", "changelog", "changeset", "environment", "equals", "expression"}
    | {"isRestartedRun", "tag", "triggeredBy"}
)
STEPS = frozenset(
    {
        "archiveArtifacts",
        "build",
        "catchError",
        "checkout",
        "cleanWs",
        "copyArtifacts",
        "deleteDir",
        "dir",
        "echo",
        "error",
        "fileExists",
        "fingerprint",
        "input",
        "isUnix",
        "junit",
        "library",
        "load",
        "lock",
        "mail",
        "milestone",
        "node",
        "parallel",
        "publishChecks",
        "pwd",
        "readFile",
        "readJSON",
        "readTrusted",
        "retry",
        "script",
        "sh",
        "sleep",
        "stash",
        "timeout",
        "timestamps",
        "tool",
        "unstable",
        "unstash",
        "waitUntil",
        "warnError",
        "withChecks",
        "withCredentials",
        "withEnv",
        "writeFile",
        "writeJSON",
        "ws",
    }
)
WAITING = frozenset({"build", "input", "lock", "milestone", "waitUntil"})
"""Steps that may take as long as other people and runs like."""
SCRIPTED = frozenset({"stage"})
"""What a script may call that a Declarative file has as a block of its own."""
SYMBOLS = frozenset(
    {
        "certificate",
        "credentials",
        "file",
        "gitUsernamePassword",
        "lastSuccessful",
        "logRotator",
        "scmGit",
        "specific",
        "sshUserPrivateKey",
        "string",
        "usernameColonPassword",
        "usernamePassword",
    }
)
"""What stands as an argument of a step or an option and looks like a call."""
