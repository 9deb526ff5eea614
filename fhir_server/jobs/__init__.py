"""Long work that survives the process that does it: states, leases, checkpoints. One door for all kinds of jobs."""

from fhir_server.jobs.board import Board
from fhir_server.jobs.job import Job, State
from fhir_server.jobs.lease import Cancelled, Lease, LeaseLost
from fhir_server.jobs.worker import Kind, Worker

__all__ = ["Board", "Cancelled", "Job", "Kind", "Lease", "LeaseLost", "State", "Worker"]
