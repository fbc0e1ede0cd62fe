"""A run of one pipeline, step by step: the meaning that the files of every CI system must have.

Jobs that wait for nothing of each other run side by side on a CI system; here they run in the order in which the
pipeline names them, which changes nothing, because no job sees what happens beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipegen.delivery import Approval, Deployment, Job, Phase, Run, When
from pipegen.plan.guards import GUARD
from pipegen.simulation.approvals import asked
from pipegen.simulation.jobs import Progress, carried_out, skipped
from pipegen.simulation.outcomes import Ending, Fault, Outcomes
from pipegen.simulation.starting import Start
from pipegen.simulation.trace import (
    ApprovalResult,
    ApprovalTrace,
    Entry,
    JobResult,
    JobTrace,
    LockTrace,
    RunResult,
    Trace,
)

_SUCCESS = "success"


def simulate(start: Start, outcomes: Outcomes) -> Trace:
    """What a run does that begins so and meets these outcomes."""
    return _Simulation(start, outcomes).run()


@dataclass
class _Simulation:
    """A run under way; `ends` says how each phase ended: `success`, or why what needs it does not start."""

    start: Start
    outcomes: Outcomes
    entries: list[Entry] = field(default_factory=list)
    ends: dict[str, str] = field(default_factory=dict)
    cancelled: bool = False

    def run(self) -> Trace:
        for phase in self.start.pipeline.phases:
            self.ends[phase.id] = self._phase(phase)
        told = self._tell()
        return Trace(self.start.pipeline.id, tuple(self.entries), self._result(), tuple(self._restored()), told)

    # ------------------------------------------------------------ phases

    def _phase(self, phase: Phase) -> str:
        before = len(self.entries)
        reason = self._hindrance(phase)
        if not reason:
            reason = self._carry_out(phase)
        done = {each.id for each in self.entries[before:] if isinstance(each, JobTrace)}
        self.entries += [skipped(job, phase, reason) for job in phase.jobs if job.id not in done]
        return reason or _SUCCESS

    def _hindrance(self, phase: Phase) -> str:
        """Why a phase does not start; "" if it does."""
        if self.cancelled:
            return "the run was cancelled"
        if phase.only and self.start.parameters.get(phase.only[0]) != phase.only[1]:
            return f"it is for {phase.only[0]} {phase.only[1]} alone"
        return next((f"{each} did not succeed" for each in phase.needs if self.ends[each] != _SUCCESS), "")

    def _carry_out(self, phase: Phase) -> str:
        after = tuple(job.id for each in phase.needs for job in self._last_jobs(each))
        if phase.approval:
            refusal = self._ask(phase.approval)
            if refusal:
                return refusal
            after = (*after, f"approval {phase.approval.id}")
        for wave in phase.waves:
            failed = [job.id for job in wave if self._job(job, phase, after, Progress()) is not JobResult.SUCCESS]
            if failed:
                return f"{failed[0]} did not succeed"
            after = tuple(job.id for job in wave)
        return self._deployment(phase.deployment, phase, after) if phase.deployment else ""

    def _last_jobs(self, phase_id: str) -> Iterator[Job]:
        """The jobs that all others of a phase are done before."""
        phase = next(each for each in self.start.pipeline.phases if each.id == phase_id)
        if phase.deployment:
            yield phase.deployment.closing or phase.deployment.jobs[-1].job
        elif phase.waves:
            yield from phase.waves[-1]

    # ------------------------------------------------------------ deployments

    def _deployment(self, unit: Deployment, phase: Phase, after: Sequence[str]) -> str:
        progress, reason, waited = Progress(), "", tuple(after)
        self.entries.append(LockTrace(unit.lock.name, unit.lock.waiting))
        waited = (*waited, f"lock {unit.lock.name}")
        for number, each in enumerate(unit.jobs):
            reason = self._part(each.job, each.approval, phase, waited, progress)
            if reason:
                self.entries += [
                    skipped(later.job, phase, reason) for later in unit.jobs[number:] if self._is_new(later.job)
                ]
                break
            waited = (each.job.id,)
        if unit.closing and progress.started and not self._waits():
            ended = self._job(unit.closing, phase, [job.id for job in self._started(unit)], progress, always=True)
            reason = reason or ("" if ended is JobResult.SUCCESS else f"{unit.closing.id} did not succeed")
        return reason

    def _part(self, job: Job, approval: Approval | None, phase: Phase, after: Sequence[str], progress: Progress) -> str:
        if approval:
            refusal = self._ask(approval)
            if refusal:
                return refusal
            after = (*after, f"approval {approval.id}")
        ended = self._job(job, phase, after, progress)
        return "" if ended is JobResult.SUCCESS else f"{job.id} did not succeed"

    def _waits(self) -> bool:
        return any(isinstance(each, ApprovalTrace) and each.result is ApprovalResult.WAITING for each in self.entries)

    def _started(self, unit: Deployment) -> list[Job]:
        ran = {each.id for each in self.entries if isinstance(each, JobTrace) and each.result is not JobResult.SKIPPED}
        return [each.job for each in unit.jobs if each.job.id in ran]

    def _is_new(self, job: Job) -> bool:
        return all(not isinstance(each, JobTrace) or each.id != job.id for each in self.entries)

    # ------------------------------------------------------------ approvals and jobs

    def _ask(self, approval: Approval) -> str:
        """Why it goes no further; "" if enough people say yes."""
        trace = asked(approval, self.outcomes)
        self.entries.append(trace)
        return "" if trace.result is ApprovalResult.GRANTED else f"approval {approval.id}: {trace.reason}"

    def _job(
        self, job: Job, phase: Phase, after: Sequence[str], progress: Progress, *, always: bool = False
    ) -> JobResult:
        """`always`: it runs although the run was cancelled."""
        if self.cancelled and not always:
            self.entries.append(skipped(job, phase, "the run was cancelled"))
            return JobResult.SKIPPED
        trace = carried_out(job, phase, after, self._fault(job), progress)
        self.entries.append(trace)
        self.cancelled = self.cancelled or trace.result is JobResult.CANCELLED
        return trace.result

    def _fault(self, job: Job) -> Fault | None:
        if self.start.refusal and any(isinstance(step, Run) and step.id == GUARD for step in job.steps):
            return Fault(Ending.FAILED, GUARD, self.start.refusal)
        return self.outcomes.faults.get(job.id)

    # ------------------------------------------------------------ the end

    def _tell(self) -> bool:
        """Runs the job that tells people of a failure; its own end changes nothing."""
        job = self.start.pipeline.failed
        failed = any(isinstance(each, JobTrace) and each.result is JobResult.FAILED for each in self.entries)
        if job is None or not failed or self.cancelled:
            return False
        phase = Phase(job.id, job.title, None, None, ((job,),), None, (), None, job.origin)
        self.entries.append(carried_out(job, phase, (), self.outcomes.faults.get(job.id), Progress()))
        return True

    def _result(self) -> RunResult:
        if self.cancelled:
            return RunResult.CANCELLED
        failed = self.start.pipeline.failed
        jobs = [each for each in self.entries if isinstance(each, JobTrace) and not (failed and each.id == failed.id)]
        if any(each.result is JobResult.FAILED for each in jobs):
            return RunResult.FAILED
        answers = [each.result for each in self.entries if isinstance(each, ApprovalTrace)]
        stopped = next((each for each in answers if each is not ApprovalResult.GRANTED), None)
        return RunResult(stopped.value) if stopped else RunResult.SUCCESS

    def _restored(self) -> Iterator[str]:
        """The environments in which a way back ran to its end."""
        steps = {
            job.id: {step.id for step in job.steps if isinstance(step, Run) and step.when is When.UNDO}
            for job in self.start.pipeline.jobs
        }
        for each in self.entries:
            if isinstance(each, JobTrace) and any(
                step.id in steps[each.id] and step.result == _SUCCESS for step in each.steps
            ):
                yield each.environment or ""
