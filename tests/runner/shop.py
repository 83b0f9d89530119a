"""What the runner's tests use of the fixture `shop`, for the type checker."""

from typing import Protocol

import pymysql
from pymysql.cursors import Cursor


class Shop(Protocol):
    url: str
    caller_url: str
    source: str
    history: str
    admin: pymysql.Connection[Cursor]
