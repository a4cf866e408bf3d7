#!/usr/bin/env bash
# Expected: a CloudEvent in structured JSON whose datacontenttype ends in +json (application/vnd.order+json) has its data as a
#   JSON value, as one with application/json has, and each SDK reads what another SDK has written.
# Seen: the SDK for JavaScript writes such data as a JSON object, as the specification has it, and the SDK for Go cannot read
#   that event at all: it wants a string there. It reads data as JSON for application/json and text/json only.
# With: github.com/cloudevents/sdk-go/v2 v2.16.2, cloudevents 10.0.0 (npm), 2026-11-30.
# Source: CloudEvents, JSON event format 1.0.2, section 3.1: media types of the subtype json, or with the suffix +json, are JSON;
#   sdk-go, v2/event/event_unmarshal.go, which compares with two media types.
# Why: between two services each of which is right by its own SDK the event is lost, and a test that plays either side with the
#   same SDK as the system never sees it. A test tool reads every +json as JSON, and does not take the SDK for the specification.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

npm install --prefix . --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0
cat >write.mjs <<'END'
import { CloudEvent, HTTP } from 'cloudevents'

for (const datacontenttype of ['application/json', 'text/json', 'application/vnd.order+json']) {
  const event = new CloudEvent({ id: '1', source: '/orders', type: 'order.placed', datacontenttype, data: { sku: 'A' } })
  console.log(HTTP.structured(event).body)
}
END
node write.mjs >events

cat >go.mod <<'END'
module reader

go 1.24

require github.com/cloudevents/sdk-go/v2 v2.16.2
END
cat >main.go <<'END'
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	cloudevents "github.com/cloudevents/sdk-go/v2"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var written struct {
			Type string          `json:"datacontenttype"`
			Data json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(lines.Bytes(), &written); err != nil {
			panic(err)
		}
		var e cloudevents.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			reason, _, _ := strings.Cut(err.Error(), ": ") // what follows quotes the event
			fmt.Printf("%s: written as %s; not read: %s\n", written.Type, written.Data, reason)
			continue
		}
		fmt.Printf("%s: written as %s; read as %s\n", written.Type, written.Data, e.Data())
	}
}
END
go mod tidy >/dev/null 2>&1
go run . <events | tee seen

diff - seen <<'END' || { echo "this is not what was found" >&2; exit 1; }
application/json: written as {"sku":"A"}; read as {"sku":"A"}
text/json: written as {"sku":"A"}; read as {"sku":"A"}
application/vnd.order+json: written as {"sku":"A"}; not read: unexpected data payload for media type "application/vnd.order+json", expected a string
END
echo "as found"
