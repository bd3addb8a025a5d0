"""Files on S3: whatever takes a path takes s3://, and what is refused is refused in words."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.servers import BUCKET, KEY_ID, SECRET, S3Server
from tests.warehouse.kills import rows_of
from tests.warehouse.trees import batch
from warehouse.errors import BadInput, WarehouseError
from warehouse.places.objects import copy_files, fetched, object_uri, placed, sizes_below
from warehouse.places.s3 import duckdb_secret, s3_access
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse


def test_both_spellings_of_an_address_mean_the_same_object() -> None:
    assert object_uri("s3://bucket/a/b") == object_uri(Path("s3://bucket/a/b")) == "s3://bucket/a/b"
    assert object_uri("/bucket/s3:/a") is None
    assert object_uri(Path("relative")) is None


@pytest.mark.parametrize("s3", ["moto", "rclone"], indirect=True)
def test_a_file_and_a_directory_come_back_as_they_were_placed(tmp_path: Path, bucket: str) -> None:
    with placed(f"{bucket}/rows.jsonl") as local:
        local.write_text("one row\n")
    with fetched(Path(f"{bucket}/rows.jsonl")) as local:
        assert (local.name, local.read_text()) == ("rows.jsonl", "one row\n")
    with placed(f"{bucket}/reproduced") as local:
        (local / "deep").mkdir(parents=True)
        (local / "deep" / "file").write_bytes(b"x" * 1000)
    assert sizes_below(f"{bucket}/reproduced") == {"deep/file": 1000}
    with fetched(f"{bucket}/reproduced") as local:
        assert sizes_below(str(local)) == {"deep/file": 1000}


def test_what_fails_while_it_is_written_is_not_uploaded(bucket: str) -> None:
    with pytest.raises(RuntimeError), placed(f"{bucket}/half") as local:
        local.write_text("half")
        raise RuntimeError
    assert sizes_below(bucket) == {}


def test_copying_again_copies_only_what_is_missing(tmp_path: Path, bucket: str) -> None:
    source = tmp_path / "source"
    (source / "a").mkdir(parents=True)
    (source / "a" / "one").write_bytes(b"1")
    (source / "two").write_bytes(b"22")
    sizes = {"a/one": 1, "two": 2}
    copy_files(f"{source}/", f"{bucket}/copy/", sizes)
    (source / "two").write_bytes(b"23")
    copy_files(f"{source}/", f"{bucket}/copy/", sizes)
    copy_files(f"{bucket}/copy/", f"{tmp_path}/back/", sizes)
    assert (tmp_path / "back" / "two").read_bytes() == b"22"
    assert sizes_below(f"{tmp_path}/back") == sizes


def test_an_absent_object_or_bucket_is_named(s3: S3Server) -> None:
    for uri in (f"s3://{BUCKET}/nothing-here", "s3://no-such-bucket/file"):
        with pytest.raises(BadInput, match=f"{uri}: there is no such"), fetched(uri):
            pass


def test_without_credentials_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    with pytest.raises(WarehouseError, match="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY not set"):
        s3_access()


def test_an_endpoint_without_a_scheme_is_refused() -> None:
    with pytest.raises(BadInput, match="http://HOST:PORT"):
        s3_access({"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_ENDPOINT_URL_S3": "localhost:9000"})


def test_a_secret_with_quotes_stays_one_literal_and_is_never_shown() -> None:
    access = s3_access({"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "it's", "AWS_REGION": "eu-central-1"})
    assert "secret 'it''s', region 'eu-central-1'" in duckdb_secret(access)
    assert "it's" not in repr(access)


def test_settings_take_no_password() -> None:
    for catalog in ("postgresql://me:word@host/db", "postgresql://me@host/db?password=word"):
        with pytest.raises(ValidationError, match="a password does not belong into settings"):
            WarehouseSettings(catalog=catalog)
    for wrong in ({"catalog": "mysql://host/db"}, {"catalog": "postgresql://host"}, {"data": "https://host/bucket"}):
        with pytest.raises(ValidationError):
            WarehouseSettings(**wrong)


def written(path: Path, key_id: str, secret: str, profile: str = "default") -> Path:
    """Write a credentials file, as whoever rotates keys does: beside it, and then in its place."""
    part = path.with_suffix(".new")
    part.write_text(f"[{profile}]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n")
    return part.rename(path)


def test_keys_come_from_a_file_where_the_environment_has_none(tmp_path: Path) -> None:
    file = written(tmp_path / "credentials", "k", "100%", profile="lake")
    environment = {"AWS_SHARED_CREDENTIALS_FILE": str(file), "AWS_PROFILE": "lake"}
    assert (s3_access(environment).key_id, s3_access(environment).secret) == ("k", "100%")
    both = {**environment, "AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "s"}
    assert s3_access(both).key_id == "mine"
    with pytest.raises(WarehouseError, match="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY not set"):
        s3_access({"AWS_SHARED_CREDENTIALS_FILE": str(file)})


def test_a_credentials_file_that_cannot_be_read_is_named_and_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    for content in (None, "aws_secret_access_key = a-secret"):
        if content:
            file.write_text(content)
        with pytest.raises(WarehouseError, match="credentials cannot be read") as refused:
            s3_access({"AWS_SHARED_CREDENTIALS_FILE": str(file)})
        assert "a-secret" not in str(refused.value)


@pytest.mark.parametrize("s3", ["rclone"], indirect=True)
def test_keys_that_are_rotated_are_used_by_a_lake_that_is_open(
    tmp_path: Path, bucket: str, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path / "credentials", KEY_ID, SECRET)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    with Warehouse.open(tmp_path / "home", WarehouseSettings(data=bucket)) as lake:
        lake.commit(batch(1, "rollout", "000"), {"nodes": rows_of(3)})
        written(file, KEY_ID, "revoked")
        with pytest.raises(WarehouseError, match="S3 refuses the credentials"):
            lake.commit(batch(1, "rollout", "001"), {"nodes": rows_of(6)})
        written(file, KEY_ID, SECRET)
        lake.commit(batch(1, "rollout", "001"), {"nodes": rows_of(6)})
        assert lake.query("select sum(length(text))::bigint from nodes").item() == 600 * 20
        assert sizes_below(f"{bucket}/lake/data/")


@pytest.mark.parametrize("s3", ["rclone"], indirect=True)
def test_wrong_credentials_are_said_before_anything_is_written(
    tmp_path: Path, bucket: str, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(WarehouseError, match="S3 refuses the credentials"):
        Warehouse.open(tmp_path, WarehouseSettings(data=bucket))
    with pytest.raises(WarehouseError, match="S3 refuses the credentials"), fetched(f"{bucket}/file"):
        pass


def test_an_absent_bucket_is_said_before_anything_is_written(tmp_path: Path, s3: S3Server) -> None:
    with pytest.raises(WarehouseError, match="there is no such bucket"):
        Warehouse.open(tmp_path, WarehouseSettings(data="s3://no-such-bucket/lake"))


def test_a_server_that_is_away_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(WarehouseError, match="S3 does not answer"):
        Warehouse.open(tmp_path, WarehouseSettings(data=f"s3://{BUCKET}/lake"))


def test_a_damaged_or_missing_file_on_s3_is_named(tmp_path: Path, bucket: str, s3: S3Server) -> None:
    with Warehouse.open(tmp_path, WarehouseSettings(data=bucket)) as lake:
        for number in (3, 6):
            lake.commit(batch(number, "rollout", "000"), {"nodes": rows_of(number)})
    damaged, gone = s3.keys(f"{bucket.removeprefix(f's3://{BUCKET}/')}/lake/data/main/nodes/")
    s3.client().put_object(Bucket=BUCKET, Key=damaged, Body=b"x" * 5000)
    s3.client().delete_object(Bucket=BUCKET, Key=gone)
    with Warehouse.open(tmp_path, read_only=True) as reader:
        with pytest.raises(WarehouseError, match="a Parquet file is damaged"):
            reader.query("select sum(n_visits) from nodes where round = 3")
        with pytest.raises(WarehouseError, match="a file of the lake is missing"):
            reader.query("select sum(n_visits) from nodes where round = 6")
