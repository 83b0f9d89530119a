"""Stand in for AWS Lambda: the real runtime, and a service of ours around it."""

from sandbox.lambda_runtime.invocation import Invocation, Pending
from sandbox.lambda_runtime.runtime import LambdaRuntime

__all__ = ["Invocation", "LambdaRuntime", "Pending"]
