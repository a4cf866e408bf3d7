#!/usr/bin/env bash
# Expected: the pattern {"numeric": [">", 0]} matches each number above 0; or a number that cannot be compared is an error.
# Seen: event-ruler, AWS's matcher of event patterns, matches 1700000000123 (milliseconds) and 9007199254740992 by it, but
#   neither 9007199254740993 nor 1700000000123456789 (nanoseconds): no error, no match. Exact match, anything-but and exists
#   do match these. The emulator MiniStack lets both through; the long number in the pattern is refused by either.
# With: software.amazon.event.ruler:event-ruler 2.1.0 (Maven), ministack 1.5.33 (PyPI), 2026-11-30.
# Source: event-ruler, ComparableNumber ("They are all treated as floating point"); EventBridge's user guide, numeric matching;
#   MiniStack's TestEventPattern.
# Why: a rule on a nanosecond time, a long id or an amount in the smallest unit routes on the emulator and, where the matcher is
#   AWS's, drops events in silence. A listener's rule filters coarsely (source, detail-type); the step judges numbers.
set -euo pipefail

dir=$(mktemp -d)
trap '[[ -z ${emulator:-} ]] || kill "$emulator" || true; wait; rm -rf "$dir"' EXIT
cd "$dir"

cat >pom.xml <<'END'
<project>
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>software.amazon.event.ruler</groupId><artifactId>event-ruler</artifactId><version>2.1.0</version></dependency>
  </dependencies>
</project>
END
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet ministack==1.5.33

cat >cases <<'END'
[{"numeric": [">", 0]}] 1700000000123
[{"numeric": [">", 0]}] 9007199254740992
[{"numeric": [">", 0]}] 9007199254740993
[{"numeric": [">", 0]}] 1700000000123456789
[1700000000123456789] 1700000000123456789
[{"anything-but": [5]}] 1700000000123456789
[{"exists": true}] 1700000000123456789
[{"numeric": ["=", 9007199254740993]}] 9007199254740993
END
cat >Ruler.java <<'END'
import java.nio.file.*;
import software.amazon.event.ruler.Machine;

public class Ruler {
    public static void main(String[] args) throws Exception {
        for (String line : Files.readAllLines(Path.of("cases"))) {
            int space = line.lastIndexOf(' ');
            String matches;
            try {
                Machine machine = Machine.builder().build();
                machine.addRule("rule", "{\"detail\": {\"n\": " + line.substring(0, space) + "}}");
                String event = "{\"detail\": {\"n\": " + line.substring(space) + "}}";
                matches = machine.rulesForJSONEvent(event).isEmpty() ? "no" : "matches";
            } catch (Exception e) {
                matches = "error";
            }
            System.out.println(matches);
        }
    }
}
END
cat >emulator.py <<'END'
import json, sys
import botocore.session
session = botocore.session.get_session()
session.set_credentials("test", "test")
events = session.create_client("events", region_name="us-east-1", endpoint_url=sys.argv[1])
for line in open("cases"):
    pattern, number = line.strip().rsplit(" ", 1)
    event = {"id": "1", "account": "1", "source": "shop", "time": "2026-11-30T10:00:00Z", "region": "us-east-1", "resources": [],
             "detail-type": "order", "detail": {"n": int(number)}}
    try:
        result = events.test_event_pattern(EventPattern=f'{{"detail": {{"n": {pattern}}}}}', Event=json.dumps(event))["Result"]
        print("matches" if result else "no")
    except events.exceptions.InvalidEventPatternException:
        print("error")
END

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
BIND_HOST=127.0.0.1 GATEWAY_PORT=$port SFTP_ENABLED=0 IOT_MTLS_ENABLED=0 TMPDIR=$dir venv/bin/ministack >ministack.log 2>&1 &
emulator=$!
curl --silent --fail --output /dev/null --noproxy '*' --retry 60 --retry-delay 1 --retry-connrefused "http://127.0.0.1:$port/_ministack/health"

{ basename lib/event-ruler-* && venv/bin/pip freeze | grep ministack; } | tee seen
paste -d '|' cases <(java -cp 'lib/*' Ruler.java) <(NO_PROXY=127.0.0.1 venv/bin/python emulator.py "http://127.0.0.1:$port") |
	awk -F '|' '{ print $1 ": event-ruler " $2 ", ministack " $3 }' | tee -a seen

diff - seen <<'END' || { echo "this is not what was found" >&2; exit 1; }
event-ruler-2.1.0.jar
ministack==1.5.33
[{"numeric": [">", 0]}] 1700000000123: event-ruler matches, ministack matches
[{"numeric": [">", 0]}] 9007199254740992: event-ruler matches, ministack matches
[{"numeric": [">", 0]}] 9007199254740993: event-ruler no, ministack matches
[{"numeric": [">", 0]}] 1700000000123456789: event-ruler no, ministack matches
[1700000000123456789] 1700000000123456789: event-ruler matches, ministack matches
[{"anything-but": [5]}] 1700000000123456789: event-ruler matches, ministack matches
[{"exists": true}] 1700000000123456789: event-ruler matches, ministack matches
[{"numeric": ["=", 9007199254740993]}] 9007199254740993: event-ruler error, ministack error
END
echo "as found"
