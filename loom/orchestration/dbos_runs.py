"""What runs a database holds, through DBOS' client: read, queued, cancelled, put back. Everything here blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, WorkflowStatus
from dbos import error as dbos_errors
from sqlalchemy.exc import SQLAlchemyError

from loom.errors import SessionInUseError, StoreError
from loom.orchestration.durable import WorkRun, WorkState, cancelled_outcome
from loom.orchestration.work_database import WorkDatabase, explain
from loom.types.results import HarnessResult

APP = "loom-harness"
VERSION = "loom-harness-1"
"""The version that DBOS is told: another only where recorded runs could not be gone on with."""
WORKFLOW = "loom_work"
OWN_QUEUE = "loom-own-"
"""How the queue of one process begins, through which it takes up runs itself."""
FRESH_S = 20.0
"""How long a run without a lease may just have been handed to a worker, at most."""


class DbosRuns:
    """The runs of a database. Raises StoreError for whatever goes wrong with it."""

    def __init__(self, database: WorkDatabase) -> None:
        self.database = database
        self.client: DBOSClient = self.told(self._connected)

    def told(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """`call`, with errors of the database as StoreError."""
        try:
            return call(*args, **kwargs)
        except dbos_errors.DBOSWorkflowIDInUseError as error:
            raise StoreError(str(error)) from None
        except (SQLAlchemyError, dbos_errors.DBOSException, OSError) as error:
            raise StoreError(explain(self.database.address, error)) from None

    def close(self) -> None:
        """Let go of the database."""
        self.client.destroy()

    def _connected(self) -> DBOSClient:
        if not self.database.has_steps():
            DBOS.migrate(self.database.address.url)
        return DBOSClient(
            system_database_url=self.database.address.url,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APP,
            retry_connection_errors=False,
        )

    def enqueue(self, run_id: str, data: dict[str, Any], queue_name: str) -> None:
        """Put a run into a queue. Raises StoreError if there is one of that id."""
        if self.status(run_id) is not None:
            raise StoreError(f"There is a harness run {run_id} already")
        self.told(
            self.client.enqueue,
            {
                "queue_name": queue_name,
                "workflow_name": WORKFLOW,
                "workflow_id": run_id,
                "workflow_id_reuse_policy": "reject",
                "app_version": VERSION,
                "application_name": APP,
            },
            data,
        )

    def status(self, run_id: str) -> WorkflowStatus | None:
        """What DBOS knows of a run."""
        found = self.told(self.client.list_workflows, workflow_ids=[run_id], name=WORKFLOW)
        return found[0] if found else None

    def state_of(self, run_id: str) -> str:
        """A run's state in the words of DBOS; empty where there is none."""
        found = self.told(self.client.list_workflows, workflow_ids=[run_id], load_input=False, load_output=False)
        return found[0].status if found else ""

    def read(self, run_ids: list[str] | None) -> list[WorkRun]:
        """Some runs with their whole outcomes, or all with what lists show of them."""
        is_list = run_ids is None
        found = self.told(
            self.client.list_workflows,
            workflow_ids=run_ids,
            name=WORKFLOW,
            sort_desc=True,
            load_output=not is_list,
        )
        steps = self.database.step_names([each.workflow_id for each in found])
        owners, noted = self.database.owners(), self.database.outcomes() if is_list else {}
        runs: list[WorkRun] = []
        for each in found:
            owner, outcome = owners.get(each.workflow_id, ""), noted.get(each.workflow_id)
            if not is_list or outcome is None or each.status != "SUCCESS":
                outcome = outcome_of(each)
            state = _state(each, outcome, owner)
            at = (each.updated_at or each.created_at or 0) / 1000
            runs.append(WorkRun(each.workflow_id, data_of(each), state, steps[each.workflow_id], outcome, owner, at))
        return runs

    def results(self, run_id: str) -> dict[str, dict[str, Any]]:
        """What each recorded step gave, by name, in their order."""
        steps = self.told(self.client.list_workflow_steps, run_id)
        return {each["function_name"]: each["output"] for each in sorted(steps, key=lambda each: each["function_id"])}

    def recover(self) -> list[str]:
        """The runs that were begun and that nobody works on; those of a queue are put back into it."""
        found = self.told(self.client.list_workflows, name=WORKFLOW, status="PENDING", load_output=False)
        owners, now = self.database.owners(), self.database.now()
        left: list[str] = []
        for each in found:
            if each.workflow_id in owners:
                continue
            left.append(each.workflow_id)
            if (each.queue_name or OWN_QUEUE).startswith(OWN_QUEUE):
                continue  # a person's own, who goes on with it
            age_s = now - (each.updated_at or 0) / 1000
            if age_s > min(self.database.lease_s, FRESH_S):
                self.put_back(each.workflow_id, str(each.queue_name))
        return left

    def delete(self, run_id: str) -> None:
        """Delete a run for good, with what was said to it. Raises SessionInUseError while somebody works on it."""
        if not self.state_of(run_id):
            raise StoreError(f"There is no harness run {run_id}")
        lease = self.database.take(run_id)
        try:
            self.told(self.client.delete_workflow, run_id)
            self.database.forget(run_id)
        finally:
            self.database.release(lease)

    def put_back(self, run_id: str, queue_name: str) -> None:
        """Put a run that nobody works on back into its queue; the lease sees to it that only one does so."""
        try:
            lease = self.database.take(run_id)
        except SessionInUseError:
            return
        try:
            if self.state_of(run_id) == "PENDING":
                self.told(self.client.resume_workflow, run_id, queue_name=queue_name)
        finally:
            self.database.release(lease)


def data_of(status: WorkflowStatus) -> dict[str, Any]:
    """What a run was started with."""
    return status.input["args"][0] if status.input is not None else {}


def outcome_of(status: WorkflowStatus) -> dict[str, Any] | None:
    """The outcome of a run that is done."""
    if status.status == "SUCCESS":
        return status.output or {"reason": "done", "passed": False, "sprint_results": []}
    if status.status == "CANCELLED":
        return cancelled_outcome(data_of(status))
    if status.status in ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"):
        said = str(status.error) if status.error is not None else status.status
        return failed_outcome(data_of(status), said)
    return None


def failed_outcome(data: dict[str, Any], why: str) -> dict[str, Any]:
    """The outcome of a run that could not be worked on."""
    return asdict(HarnessResult(str(data.get("brief", "")), f"[error] {why}", False, 0, "", reason="failed"))


def _state(status: WorkflowStatus, outcome: dict[str, Any] | None, owner: str) -> WorkState:
    if outcome is not None:
        return "done"
    if owner:
        return "running"
    is_waiting = status.status == "ENQUEUED" and not (status.queue_name or OWN_QUEUE).startswith(OWN_QUEUE)
    return "queued" if is_waiting else "interrupted"
