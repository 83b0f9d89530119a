"""What goes wrong with throwaway servers, apart so that every module can raise it."""


class SandboxError(Exception):
    """Say why there is no server, and what to do about it."""
