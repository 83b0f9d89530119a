"""Bring bygones to AWS: the package of its Lambda, and the template that deploys it."""
