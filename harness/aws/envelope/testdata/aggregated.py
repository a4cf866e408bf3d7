"""Makes kinesis-aggregated.json: an invocation with a record that the aggregation format's Python implementation has packed.

    python3 -m venv V && V/bin/pip install aws-kinesis-agg==1.2.3 six protobuf==7.36.2 && V/bin/python aggregated.py >kinesis-aggregated.json
"""
import base64, json
from aws_kinesis_agg import aggregator

packed = aggregator.RecordAggregator()
for key, data, hash_key in [
    ("o-1", b'{"orderId":"o-1"}', None),
    ("o-2", b'{"orderId":"o-2"}', "170141183460469231731687303715884105728"),
    ("o-1", b"\x00\xff\x80", None),
    ("\u00e9", b"", "7"),
    ("o-2", b"x" * 300, None),
]:
    assert packed.add_user_record(key, data, hash_key) is None
key, _, data = packed.clear_and_get().get_contents()
print(json.dumps({"Records": [{
    "eventSource": "aws:kinesis",
    "eventVersion": "1.0",
    "eventID": "shardId-000000000006:49590338271490256608559692538361571095921575989136588898",
    "eventName": "aws:kinesis:record",
    "invokeIdentityArn": "arn:aws:iam::111122223333:role/harken-recorder",
    "awsRegion": "eu-central-1",
    "eventSourceARN": "arn:aws:kinesis:eu-central-1:111122223333:stream/shipments-stream",
    "kinesis": {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": key,
        "sequenceNumber": "49590338271490256608559692538361571095921575989136588898",
        "data": base64.b64encode(data).decode(),
        "approximateArrivalTimestamp": 1772366400.987,
    },
}]}, indent=2))
