"""Stand in for AWS Lambda: the real runtime in a process, the service around it ours."""

from sandbox.lambda_runtime.invocation import Invocation, Pending
from sandbox.lambda_runtime.runtime import LambdaRuntime

__all__ = ["Invocation", "LambdaRuntime", "Pending"]
