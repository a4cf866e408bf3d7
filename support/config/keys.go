// The keys of godog.yml in one table. The reader takes no key that is not in it, and docs/godog-yml.md shows it.

package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/internal/span"
)

// Key is one key that godog.yml may have.
type Key struct {
	// Path is where it stands, from the outside in. NAME stands for a name that the author gives: channels.NAME.url.
	Path    string
	Type    Type
	Default string // what holds where it is not said, for people
	Means   string // a sentence, or some
	Example string // the key with a value, as YAML on one line
}

// Type says what a key may hold.
type Type string

// The types that keys have.
const (
	OfText      Type = "text"
	OfFile      Type = "file"
	OfPath      Type = "path"
	OfTags      Type = "tag expression"
	OfSpan      Type = "length of time"
	OfCount     Type = "number from 1, or `unlimited`"
	OfTruth     Type = "`true` or `false`"
	OfExpected  Type = "`expected`"
	OfSwallowed Type = "`swallowed`"
	OfChannel   Type = "name of a channel"
	OfProfile   Type = "name of a profile"
	OfVariable  Type = "name of a variable"
	OfTexts     Type = "list of texts"
	OfFiles     Type = "list of files and folders"
	OfPaths     Type = "list of paths"
	OfChannels  Type = "list of channels"
	OfVariables Type = "list of variables"
	OfCells     Type = "mapping of paths to cells"
	OfTextsBy   Type = "mapping of names to texts"
	OfNames     Type = "mapping of names"
	OfKeys      Type = "mapping"
	OfID        Type = "path, `none`, or mapping"
	OfFormat    Type = "`cloudevents`, or mapping"
	OfMode      Type = "`structured`, `binary` or `batch`"
)

// What stands in the column of defaults where there is no value to write.
const (
	noDefault = "none"
	needed    = "must be given"
)

// Keys returns every key that godog.yml may have: mapping by mapping, each in the order in which one is best written.
func Keys() []Key {
	return slices.Concat(suiteKeys(), channelKeys(), subsystemKeys(), eventKeys(), commandKeys(), linkKeys(),
		profileKeys())
}

func suiteKeys() []Key {
	return []Key{
		{"suite", OfText, noDefault, "What the suite is called in reports.", "suite: Order fulfilment"},
		{"features", OfFiles, "`[features]`", "Where the features are, from the folder of godog.yml on.",
			"features: [features/fulfilment, features/returns]"},
		{"sla", OfSpan, shown(span.Format(DefaultSLA)),
			"How long an output may take. It is the window of a step that names none, unless the step's event or its " +
				"subsystem has an SLA of its own.", "sla: 2s"},
		{"audit", OfSpan, shown(span.Format(DefaultAudit)),
			"How long after its window a surplus output still counts, and a late one is waited for.", "audit: 30s"},
		{"parallel", OfCount, fmt.Sprintf("`%d`; `unlimited` in the profile `%s`", DefaultParallel, Local),
			"How many scenarios run at once.", "parallel: 8"},
		{"tags", OfTags, "every scenario", "Which scenarios are chosen. `--tags` chooses among these.", `tags: "not @wip"`},
		{"redact", OfPaths, noDefault, "What stands there in an event is in no output.",
			"redact: [card.number, header authorization]"},
		{"secret", OfVariables, noDefault,
			"Their values are in no output, beside those of variables whose names say that they are secret.",
			"secret: [LICENCE]"},
		{"channels", OfNames, noDefault, "The channels, each by its name.",
			`channels: {orders: {url: "nats://${NATS}/orders.placed"}}`},
		{"subsystems", OfNames, noDefault, "The parts under test, each by its name.",
			"subsystems: {fulfilment: {inputs: [orders]}}"},
		{"events", OfNames, noDefault,
			"The kinds of events, each by the name that features use. A name does not end in event, message, file, " +
				"record or row.", "events: {order placed: {channel: orders}}"},
		{"commands", OfNames, noDefault, "What features may have run, each by its name.",
			"commands: {redrive: {run: [./ops/redrive.sh]}}"},
		{"links", OfNames, noDefault,
			"Connections of the system that features may cut and slow, each by its name. Harken passes them on.",
			`links: {payments db: {to: "127.0.0.1:5432", env: PAYMENTS_DB}}`},
		{"profile", OfProfile, shown(Local) + ", if there is one",
			"Which profile is taken where the command line names none.", "profile: local"},
		{"profiles", OfNames, noDefault, "The environments, each by its name.", "profiles: {local: {embedded: [nats]}}"},
	}
}

func channelKeys() []Key {
	return append([]Key{
		{"channels.NAME.url", OfText, "must be given, but for a channel of answers",
			"The address. It is the whole configuration of the channel.", `url: "nats://${NATS}/orders.placed?stream=ORDERS"`},
		{"channels.NAME.answers", OfChannel, noDefault,
			"The channel on which the answers to what is sent here appear; or to what the system asks here, the test's own. That " +
				"channel has no address.", "answers: quotes"},
		{"channels.NAME.env", OfVariable, noDefault,
			"The variable by which the system hears where this channel is: of a `webhook://`, which Harken opens before it " +
				"starts the system.", "env: PARTNER_URL"},
		{"channels.NAME.description", OfText, noDefault, "A sentence for the living documentation.",
			"description: What customers order."},
		{"channels.NAME.foreign", OfExpected, noDefault,
			"Others' events come by here. What carries no id of this run is their business: it is ignored, and counted.",
			"foreign: expected"},
		{"channels.NAME.private", OfTruth, shown("false"),
			"Nobody but this run is there. It cannot be said beside `foreign`.", "private: true"},
		{"channels.NAME.duplicates", OfSwallowed, noDefault,
			"Deduplication is meant here: a repeat that is acknowledged and not stored counts as sent.",
			"duplicates: swallowed"},
		{"channels.NAME.format", OfFormat, "none: each message is an event",
			"Its messages carry CloudEvents 1.0. Each mode is read; structured mode is written.", "format: cloudevents"},
		{"channels.NAME.format.cloudevents", OfMode, needed, "The same, and in which mode they are written.",
			"cloudevents: binary"},
	}, requestKeys("channels.NAME", func(unlessSaid string) string { return unlessSaid })...)
}

func subsystemKeys() []Key {
	return []Key{
		{"subsystems.NAME.description", OfText, noDefault, "A sentence for the living documentation.",
			"description: Accepts placed orders and ships them."},
		{"subsystems.NAME.inputs", OfChannels, noDefault, "Where events go in.", "inputs: [orders]"},
		{"subsystems.NAME.outputs", OfChannels, noDefault, "Where events come out. `nothing appears` is about these.",
			"outputs: [shipments, rejections]"},
		{"subsystems.NAME.sla", OfSpan, "that of the suite", "How long its outputs may take.", "sla: 2s"},
	}
}

func eventKeys() []Key {
	return []Key{
		{"events.NAME.description", OfText, noDefault, "A sentence for the living documentation.",
			"description: A customer has confirmed the basket."},
		{"events.NAME.channel", OfChannel, "none: every step says `on`",
			"Where the event is, unless a step says `on` another channel.", "channel: orders"},
		{"events.NAME.is", OfCells, noDefault,
			"What the event has at these paths, which tells it from its neighbours on the channel. It is written when " +
				"the event is produced.", "is: {header type: order.placed.v1}"},
		{"events.NAME.fields", OfPath, "the whole body", "Where plain names of fields start.", "fields: $.detail"},
		{"events.NAME.correlation", OfID, "ids are Harken's own, and found wherever they stand",
			"Where the event has the id that says whose it is. `none`: it carries no id at all.", "correlation: orderId"},
		{"events.NAME.correlation.path", OfPath, needed, "The same, where the next key is needed as well.", "path: id"},
		{"events.NAME.correlation.of", OfText, "the last name on the path",
			"What it is an id of. Ids are compared only with those of the same.", "of: taskId"},
		{"events.NAME.template", OfFile, noDefault, "The body that is produced. One that ends in `.json` must be JSON.",
			"template: features/events/order-placed.json"},
		{"events.NAME.schema", OfFile, noDefault, "The JSON Schema of the whole body. Every match is checked against it.",
			"schema: features/events/order-placed.schema.json"},
		{"events.NAME.sla", OfSpan, "that of the subsystem", "How long the event may take.", "sla: 1m"},
	}
}

func commandKeys() []Key {
	return []Key{
		{"commands.NAME.run", OfTexts, needed,
			"The program and its arguments. No shell reads them. `${from}` is a value of the step's table, or else a " +
				"variable.", `run: [./ops/replay.sh, --from, "${from}"]`},
		{"commands.NAME.description", OfText, noDefault, "A sentence for the living documentation.",
			"description: Places an order once more."},
		{"commands.NAME.dir", OfFile, "the folder of godog.yml", "The folder that it runs in.", "dir: ops"},
		{"commands.NAME.env", OfTextsBy, noDefault, "Variables of its own.", "env: {REGION: eu-central-1}"},
		{"commands.NAME.within", OfSpan, shown(span.Format(DefaultCommand)), "How long it may take.", "within: 30s"},
	}
}

func linkKeys() []Key {
	return []Key{
		{"links.NAME.to", OfText, needed, "The `HOST:PORT` of the server that the system needs.", `to: "127.0.0.1:5432"`},
		{"links.NAME.env", OfVariable, needed,
			"The variable by which the system is told where to connect instead: `HOST:PORT` on this machine. In the " +
				"profile's `system` it can be used as `${NAME}`.", "env: PAYMENTS_DB"},
		{"links.NAME.description", OfText, noDefault, "A sentence for the living documentation.",
			"description: Where the money is counted."},
	}
}

func profileKeys() []Key {
	return append([]Key{
		{"profiles.NAME.embedded", OfTexts, noDefault,
			"Servers that run inside Harken: `nats`, `kafka`, `dynamodb`, `recorder`. They are started in this order.",
			"embedded: [nats, dynamodb, recorder]"},
		{"profiles.NAME.kafka", OfTextsBy, noDefault,
			"The topics that the embedded Kafka makes: by name, the number of partitions and what else of its configuration.",
			`kafka: {orders: "1", stock: "3 cleanup.policy=compact"}`},
		{"profiles.NAME.recorder", OfTextsBy, noDefault,
			"What the embedded recorder records: by the name of a channel, the address.",
			`recorder: {shipments: "nats://${NATS}/orders.shipped"}`},
		{"profiles.NAME.system", OfKeys, "none: the system is there already", "How the system under test is started.",
			`system: {command: [./fulfilment], ready: "log: ready"}`},
		{"profiles.NAME.channels", OfNames, noDefault, "What is other here about channels of the suite.",
			`channels: {orders: {url: "sqs://orders"}}`},
		{"profiles.NAME.sla", OfSpan, "that of the suite", "It takes the place of the suite's.", "sla: 15s"},
		{"profiles.NAME.audit", OfSpan, "that of the suite", "It takes the place of the suite's.", "audit: 1m"},
		{"profiles.NAME.parallel", OfCount, "that of the suite", "It takes the place of the suite's.", "parallel: 4"},
		{"profiles.NAME.env", OfTextsBy, noDefault, "Variables for addresses, and for every process that Harken starts.",
			`env: {NATS: "nats.staging.example.com:4222"}`},
		{"profiles.NAME.inherit", OfVariables, "all variables",
			"All that processes which Harken starts get of its own environment. `[]`: nothing.", "inherit: [PATH, HOME]"},

		{"profiles.NAME.system.command", OfTexts, needed, "The program and its arguments. No shell reads them.",
			"command: [go, run, ./cmd/fulfilment]"},
		{"profiles.NAME.system.dir", OfFile, "the folder of godog.yml", "The folder that it runs in.", "dir: ../fulfilment"},
		{"profiles.NAME.system.env", OfTextsBy, noDefault, "Variables of its own.", `env: {BROKER: "nats://${NATS}"}`},
		{"profiles.NAME.system.ready", OfText, needed,
			"How it tells that it is ready: `log: TEXT` by a line of its output, `tcp://HOST:PORT` by a connection, " +
				"`http://HOST:PORT/PATH` by an answer of 2xx.", `ready: "log: listening"`},
		{"profiles.NAME.system.within", OfSpan, shown(span.Format(DefaultWithin)), "How long it may take to be ready.",
			"within: 5m"},

		{"profiles.NAME.channels.NAME.url", OfText, "that of the suite", "Another address.", `url: "sqs://orders"`},
		{"profiles.NAME.channels.NAME.foreign", OfExpected, "that of the suite", "As at a channel of the suite.",
			"foreign: expected"},
		{"profiles.NAME.channels.NAME.private", OfTruth, "that of the suite", "As at a channel of the suite.",
			"private: true"},
		{"profiles.NAME.channels.NAME.duplicates", OfSwallowed, "that of the suite", "As at a channel of the suite.",
			"duplicates: swallowed"},
		{"profiles.NAME.channels.NAME.format", OfFormat, "that of the suite", "As at a channel of the suite.",
			"format: cloudevents"},
		{"profiles.NAME.channels.NAME.format.cloudevents", OfMode, needed, "As at a channel of the suite.",
			"cloudevents: structured"},
	}, requestKeys("profiles.NAME.channels.NAME", func(string) string { return "that of the suite" })...)
}

func shown(value string) string { return "`" + value + "`" }

// In returns the path of the mapping that the key stands in, "" for the whole file, and the key's name there.
func (k Key) In() (mapping, name string) {
	at := strings.LastIndex(k.Path, ".")
	return k.Path[:max(at, 0)], k.Path[at+1:]
}

// knownKeys returns the names of the keys of every mapping, by the mapping's path, each sorted.
func knownKeys() map[string][]string {
	names := make(map[string][]string)
	for _, k := range Keys() {
		mapping, name := k.In()
		names[mapping] = append(names[mapping], name)
	}
	for _, all := range names {
		slices.Sort(all)
	}
	return names
}
