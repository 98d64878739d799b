"""Acts of another library on the bucket of the check: make, list, flip KEY, copy FROM TO, remove KEY, age DAYS."""

import datetime
import sys

import boto3

BUCKET = "infirmary"
s3 = boto3.client("s3")


def keys(prefix=""):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return sorted(each["Key"] for page in pages for each in page.get("Contents", []))


def read(key):
    return s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()


act, arguments = sys.argv[1], sys.argv[2:]
if act == "make":
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
elif act == "list":
    print("\n".join(keys()))
elif act == "flip":
    body = bytearray(read(arguments[0]))
    # A letter of the manifest's last sentence, and a byte of the sealed payload.
    body[-10] ^= 1
    s3.put_object(Bucket=BUCKET, Key=arguments[0], Body=bytes(body))
elif act == "copy":
    s3.put_object(Bucket=BUCKET, Key=arguments[1], Body=read(arguments[0]))
elif act == "remove":
    s3.delete_object(Bucket=BUCKET, Key=arguments[0])
elif act == "age":
    newest = [key.rsplit("/", 1)[0] for key in keys() if key.endswith("/manifest.json")][-1]
    today = datetime.datetime.now(datetime.timezone.utc).replace(hour=2, minute=0, second=0)
    for day in range(1, int(arguments[0]) + 1):
        name = "hospital/infirmary-" + (today - datetime.timedelta(days=day)).strftime("%Y%m%dT%H%M%SZ")
        for file in ["database.age", "manifest.age", "manifest.json"]:
            s3.put_object(Bucket=BUCKET, Key=f"{name}/{file}", Body=read(f"{newest}/{file}"))
    unfinished = "hospital/infirmary-" + (today - datetime.timedelta(days=2, seconds=9)).strftime("%Y%m%dT%H%M%SZ")
    s3.put_object(Bucket=BUCKET, Key=f"{unfinished}/database.age", Body=b"half")
    print(unfinished)
else:
    sys.exit(f"there is no act {act}")
