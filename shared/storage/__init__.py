"""The one door to what is stored: an interface that object stores can keep, and the local disk behind it."""

from shared.storage.interface import CommitConflictError, Storage, StoredObject
from shared.storage.local import LocalStorage

__all__ = ["CommitConflictError", "LocalStorage", "Storage", "StoredObject"]
