#!/usr/bin/env bash
# Expected: what AWS's aggregator packs into one Kinesis record, AWS's consumer library (KCL) unpacks, every user record of it.
# Seen: the aggregator packs user records of any partition keys together, to be sent by the first one's key. KCL looks whether
#   each user record's own key hashes into the shard that it reads. At the first that does not, it drops all of that record,
#   also what came before it and belongs to the shard: nothing is handed out, without an error or a line in the log (info).
#   The aggregator's own de-aggregator, made for Lambda, hands out all, each with the same event id.
# With: aws-kinesis-agg 1.2.3 (PyPI), amazon-kinesis-client 3.5.1 (Maven), a stream of two even shards, 2026-11-30.
# Source: amazon-kinesis-client issue 343 "Question about UserRecord.deaggregate dropping records outside of EHK range",
#   kinesis-aggregation issue 11 "KinesisAggregator and KCL don't play nice together"; class AggregatorUtil.
# Why: on a stream of one shard all is well, so tests pass. Elsewhere an event can be in the stream though the consumer under
#   test will never see it; and an event is told from its neighbours by its place in the record, never by sequence number.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

python3 -m venv venv
venv/bin/pip install --quiet aws-kinesis-agg==1.2.3 protobuf==7.36.2 six==1.17.0 # it needs six and does not say so
cat >pom.xml <<'END'
<project>
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>software.amazon.kinesis</groupId><artifactId>amazon-kinesis-client</artifactId><version>3.5.1</version>
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
    </dependency>
    <dependency><groupId>com.google.protobuf</groupId><artifactId>protobuf-java</artifactId><version>4.27.5</version></dependency>
    <dependency><groupId>org.apache.commons</groupId><artifactId>commons-lang3</artifactId><version>3.14.0</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>2.0.13</version></dependency>
  </dependencies>
</project>
END
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib >/dev/null

cat >aggregate.py <<'END'
import base64, sys
from aws_kinesis_agg.aggregator import RecordAggregator
from aws_kinesis_agg.deaggregator import deaggregate_records

aggregator = RecordAggregator()
for key in sys.argv[1:]:
    aggregator.add_user_record(key, b"an event")
key, hash_key, data = aggregator.clear_and_get().get_contents()
encoded = base64.b64encode(data).decode()
kinesis = {"kinesisSchemaVersion": "1.0", "partitionKey": key, "sequenceNumber": "42", "approximateArrivalTimestamp": 1.5, "data": encoded}
unpacked = deaggregate_records([{"eventID": "shardId-0:42", "eventSource": "aws:kinesis", "kinesis": kinesis}])
print(f"packed {len(unpacked)}, to be sent by the key {key}, explicit hash key {hash_key}")
print("  Python:", *(f"{r['kinesis']['partitionKey']}({r['eventID']})" for r in unpacked))
open("data", "w").write(encoded)
END
cat >Unpack.java <<'END'
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.*;
import software.amazon.kinesis.retrieval.*;

public class Unpack {
    public static void main(String[] args) {
        BigInteger middle = BigInteger.TWO.pow(127), end = BigInteger.TWO.pow(128);
        read("one shard", args, BigInteger.ZERO, end);
        read("shard 1/2", args, BigInteger.ZERO, middle);
        read("shard 2/2", args, middle, end);
    }

    static void read(String shard, String[] args, BigInteger from, BigInteger to) {
        var record = KinesisClientRecord.builder().partitionKey(args[0]).sequenceNumber("42")
            .data(ByteBuffer.wrap(Base64.getDecoder().decode(args[1]))).build();
        System.out.print("  KCL, " + shard + ":");
        for (var r : new AggregatorUtil().deaggregate(List.of(record), from, to.subtract(BigInteger.ONE)))
            System.out.print(" " + r.partitionKey());
        System.out.println();
    }
}
END
{ venv/bin/pip freeze | grep aws-kinesis-agg && basename lib/amazon-kinesis-client-*; } | tee seen
for keys in "order-1 order-4" "order-1 order-4 order-3"; do # order-3 hashes into the other half of the key space
	read -ra keys <<<"$keys"
	venv/bin/python aggregate.py "${keys[@]}"
	java -cp 'lib/*' Unpack.java order-1 "$(cat data)"
done 2>&1 | tee -a seen

diff - seen <<'END' || { echo "this is not what was found" >&2; exit 1; }
aws-kinesis-agg==1.2.3
amazon-kinesis-client-3.5.1.jar
packed 2, to be sent by the key order-1, explicit hash key None
  Python: order-1(shardId-0:42) order-4(shardId-0:42)
  KCL, one shard: order-1 order-4
  KCL, shard 1/2: order-1 order-4
  KCL, shard 2/2:
packed 3, to be sent by the key order-1, explicit hash key None
  Python: order-1(shardId-0:42) order-4(shardId-0:42) order-3(shardId-0:42)
  KCL, one shard: order-1 order-4 order-3
  KCL, shard 1/2:
  KCL, shard 2/2:
END
echo "as found"
