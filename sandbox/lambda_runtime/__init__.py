"""Stand in for AWS Lambda: the real runtime, and a service of ours around it."""

from bygones.sandbox.lambda_runtime.invocation import Invocation, Pending
from bygones.sandbox.lambda_runtime.runtime import LambdaRuntime

__all__ = ["Invocation", "LambdaRuntime", "Pending"]
