// RabbitMQ as Debian packages it: one node with its own name, cookie, folders and epmd.

package servers

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Who may do what on a RabbitMQ of RabbitMQ.
const (
	RabbitPassword = "correct-horse"
	RabbitAdmin    = "guest"    // everything, everywhere; the password is guest
	RabbitListener = "listener" // what a listener needs of an exchange named seen, and no more
	RabbitReader   = "reader"   // reads what there is
	RabbitStranger = "stranger" // is let in, and has no rights anywhere

	RabbitOther = "other" // a vhost
	RabbitDrops = "drops" // a vhost in which queues whose names begin with harken hold five messages
)

// RabbitNode is a RabbitMQ that runs.
type RabbitNode struct {
	*Process
	Addr string // HOST:PORT
	TLS  string // HOST:PORT, with a certificate that CA has signed
	CA   string // the file of the certificate

	env []string
}

// RabbitMQ returns a RabbitMQ of one node with nothing in it, that takes messages of a megabyte and has the
// consistent-hash exchange.
func RabbitMQ(t Host) RabbitNode {
	t.Helper()
	const install = "apt-get install rabbitmq-server"
	program := Program(t, install, "/usr/lib/rabbitmq/bin/rabbitmq-server") // its own script: the one in PATH changes the user
	epmd := Program(t, install, "epmd")
	folder, ports := Folder(t, ""), Ports(t, 5)
	certificate := certify(t, folder)
	at := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	in := func(name string) string { return filepath.Join(folder, name) }
	write(t, in("enabled_plugins"), "[rabbitmq_consistent_hash_exchange].")
	write(t, in("definitions.json"), rabbitDefinitions(t))
	write(t, in("rabbitmq.conf"), strings.Join([]string{
		"listeners.tcp.1 = " + at(0),
		"listeners.ssl.1 = " + at(1),
		"ssl_options.cacertfile = " + certificate.ca,
		"ssl_options.certfile = " + certificate.ca,
		"ssl_options.keyfile = " + certificate.key,
		"ssl_options.verify = verify_none",
		"load_definitions = " + in("definitions.json"),
		"max_message_size = 1000000",
		"disk_free_limit.absolute = 10MB",
		"vm_memory_high_watermark.absolute = 1GB",
		"log.console = true", "log.console.level = warning", "log.file = false",
		"log.connection.level = error", "log.channel.level = critical",
	}, "\n")+"\n")
	env := []string{
		"HOME=" + folder, // of its cookie
		"RABBITMQ_NODENAME=" + fmt.Sprintf("harken-%d@localhost", ports[0]),
		"RABBITMQ_CONF_ENV_FILE=" + in("none"),
		"RABBITMQ_CONFIG_FILE=" + in("rabbitmq.conf"),
		"RABBITMQ_ENABLED_PLUGINS_FILE=" + in("enabled_plugins"),
		"RABBITMQ_MNESIA_BASE=" + in("mnesia"), "RABBITMQ_LOG_BASE=" + in("log"),
		"RABBITMQ_GENERATED_CONFIG_DIR=" + in("config"),
		"RABBITMQ_DIST_PORT=" + fmt.Sprint(ports[2]),
		"RABBITMQ_CTL_DIST_PORT_MIN=" + fmt.Sprint(ports[3]), "RABBITMQ_CTL_DIST_PORT_MAX=" + fmt.Sprint(ports[3]),
		"ERL_EPMD_PORT=" + fmt.Sprint(ports[4]), "ERL_EPMD_ADDRESS=127.0.0.1",
		"RUNNING_UNDER_SYSTEMD=true", // the script becomes the node, and waits for none
	}
	// The node starts one that outlives it, unless there is one.
	Start(t, Server{
		Name: "epmd", Command: []string{epmd, "-port", fmt.Sprint(ports[4]), "-address", "127.0.0.1"}, Folder: folder,
		Ready: func(ctx context.Context) error { return accepts(ctx, at(4)) },
	})
	p := Start(t, Server{
		Name: "rabbitmq", Command: []string{program}, Env: env, Folder: folder,
		Ready: func(ctx context.Context) error { return accepts(ctx, at(1)) }, // the last one that is opened
	})
	return RabbitNode{Process: p, Addr: at(0), TLS: at(1), CA: certificate.ca, env: env}
}

// Control runs rabbitmqctl on the node and returns what it says.
func (n RabbitNode) Control(t Host, arguments ...string) string {
	t.Helper()
	program := Program(t, "apt-get install rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmqctl")
	ctl := exec.CommandContext(t.Context(), program, append([]string{"--silent"}, arguments...)...)
	ctl.Env = append(os.Environ(), n.env...)
	out, err := ctl.CombinedOutput()
	if err != nil {
		t.Fatalf("rabbitmqctl %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return string(out)
}

func write(t Host, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// accepts returns nil once somebody listens at an address.
func accepts(ctx context.Context, address string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// rabbitDefinitions returns what a node begins with, as RabbitMQ exports it.
func rabbitDefinitions(t Host) string {
	t.Helper()
	type object map[string]any
	user := func(name, password, tags string) object {
		return object{"name": name, "password_hash": rabbitHash(password), "tags": tags,
			"hashing_algorithm": "rabbit_password_hashing_sha256"}
	}
	may := func(user, vhost, configure, write, read string) object {
		return object{"user": user, "vhost": vhost, "configure": configure, "write": write, "read": read}
	}
	text, err := json.Marshal(object{
		"vhosts": []object{{"name": "/"}, {"name": RabbitOther}, {"name": RabbitDrops}},
		"users": []object{
			user(RabbitAdmin, "guest", "administrator"), user(RabbitListener, RabbitPassword, ""),
			user(RabbitReader, RabbitPassword, ""), user(RabbitStranger, RabbitPassword, ""),
		},
		"permissions": []object{
			may(RabbitAdmin, "/", ".*", ".*", ".*"), may(RabbitAdmin, RabbitOther, ".*", ".*", ".*"),
			may(RabbitAdmin, RabbitDrops, ".*", ".*", ".*"),
			may(RabbitListener, "/", "^harken[.]", "^(harken[.].*|amq[.]default|seen)$", "^(harken[.].*|seen)$"),
			may(RabbitReader, "/", "^$", "^$", ".*"),
		},
		"policies": []object{{"vhost": RabbitDrops, "name": "short", "pattern": "^harken", "apply-to": "queues", "priority": 0,
			"definition": object{"max-length": 5}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rabbitHash returns a password as RabbitMQ stores it: with a salt, which is no secret here.
func rabbitHash(password string) string {
	salt := []byte("salt")
	sum := sha256.Sum256(append(salt, password...))
	return base64.StdEncoding.EncodeToString(append(salt, sum[:]...))
}
