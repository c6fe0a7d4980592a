"""No credential survives in text that people see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.masking import mask_credentials


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://revrec:hunter2@db:5432/books", "postgresql://***@db:5432/books"),
        ("cannot open postgresql://u:p@ss/w:rd@db/books: no", "cannot open postgresql://***@db/books: no"),
        ("smtp://user@mail:25", "smtp://***@mail:25"),
        (
            "postgresql://db/books?user=me&password=hunter2&sslmode=require",
            "postgresql://db/books?user=me&password=***&sslmode=require",
        ),
        ("host=db password='hunter 2' dbname=books", "host=db password=*** dbname=books"),
        ("aws_secret_access_key = hunter2, region = x", "aws_secret_access_key = ***, region = x"),
        (
            "http://minio/b/k?X-Amz-Credential=AK%2F1&X-Amz-Signature=abc",
            "http://minio/b/k?X-Amz-Credential=***&X-Amz-Signature=***",
        ),
        ("two\n  lines\tof text", "two lines of text"),
        ("s3://bucket/prefix and sqlite:////tmp/books.db", "s3://bucket/prefix and sqlite:////tmp/books.db"),
    ],
    ids=[
        "user and password",
        "unescaped password",
        "user",
        "query",
        "libpq",
        "config",
        "presigned",
        "lines",
        "nothing",
    ],
)
def test_credentials_are_masked_and_the_rest_stays(text: str, expected: str) -> None:
    assert mask_credentials(text) == expected


@given(password=st.text(st.characters(exclude_categories=["Z", "C"], exclude_characters="'\"<>"), min_size=1))
def test_no_password_survives_in_an_address(password: str) -> None:
    assert mask_credentials(f"postgresql://u:{password}@db/books") == "postgresql://***@db/books"
