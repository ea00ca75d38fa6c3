"""The errors of Spark's Python workers."""

from shared.spark import session


def test_the_last_error_of_a_worker_is_what_a_person_is_told() -> None:
    text = (
        "org.apache.spark.api.python.PythonException: Traceback (most recent call last):\n"
        "OSError: [Errno 28] No space left on device\n"
        "The above exception was the direct cause of the following exception:\n"
        "OSError: [Errno 28] No space left on device: 'volume/part.parquet'\n SQLSTATE: 38000\n"
    )
    assert session.worker_error(text) == "OSError: [Errno 28] No space left on device: 'volume/part.parquet'"
    assert (
        session.worker_error("shared.errors.CannotProceedError: x is damaged; restore it\n")
        == "x is damaged; restore it"
    )
    assert session.worker_error("Traceback (most recent call last):\nKeyError: 'bug'\n") is None
