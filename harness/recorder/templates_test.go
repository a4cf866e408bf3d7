// What the templates of CloudFormation promise that no linter asks for, or that a reason beside it has a linter
// pass over.
package recorder

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
)

var templates = []string{"harness/recorder/template.yaml", "features/aws/template.yaml",
	"harness/reference/sample/template.yaml"}

// field returns what a mapping has under a name, nil if nothing.
func field(n *yaml.Node, names ...string) *yaml.Node {
	for _, name := range names {
		var found *yaml.Node
		for i := 0; n != nil && n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
			if n.Content[i].Value == name {
				found = n.Content[i+1]
			}
		}
		n = found
	}
	return n
}

// each calls f for a node and for all below it.
func each(n *yaml.Node, f func(*yaml.Node)) {
	if n == nil {
		return
	}
	f(n)
	for _, below := range n.Content {
		each(below, f)
	}
}

// texts returns the scalars that a node is, or has as its items.
func texts(n *yaml.Node) (all []string) {
	each(n, func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode {
			all = append(all, n.Value)
		}
	})
	return all
}

// section returns one of a template.
func section(t *testing.T, file, name string) *yaml.Node {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(checkout.Text(t, file)), &doc); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return field(doc.Content[0], name)
}

// resources returns those of a template, by their names.
func resources(t *testing.T, file string) map[string]*yaml.Node {
	t.Helper()
	all := make(map[string]*yaml.Node)
	section := section(t, file, "Resources")
	for i := 0; section != nil && i < len(section.Content); i += 2 {
		all[section.Content[i].Value] = section.Content[i+1]
	}
	if len(all) == 0 {
		t.Fatalf("%s has no resources", file)
	}
	return all
}

// onlyOverTLS returns the queues and topics that a policy denies to whoever comes without TLS.
func onlyOverTLS(all map[string]*yaml.Node) (names []string) {
	for _, r := range all {
		var denied bool
		each(field(r, "Properties", "PolicyDocument"), func(n *yaml.Node) {
			insecure := field(n, "Condition", "Bool", "aws:SecureTransport")
			denied = denied || insecure != nil && insecure.Value == "false" && field(n, "Effect").Value == "Deny" &&
				field(n, "Principal").Value == "*"
		})
		on := strings.Join(texts(field(r, "Condition")), "")
		if denied && slices.Contains([]string{"", "RequireTLS", "HasQueuePolicy"}, on) {
			names = append(names, append(texts(field(r, "Properties", "Queues")), texts(field(r, "Properties", "Topics"))...)...)
		}
	}
	return names
}

func TestNobodyReachesAQueueOrATopicOfATemplateWithoutTLS(t *testing.T) {
	for _, file := range templates {
		all := resources(t, file)
		if on := field(section(t, file, "Parameters"), "RequireTLS", "Default"); on == nil || on.Value != "true" {
			t.Errorf("%s: TLS is not required unless somebody says so", file)
		}
		safe := onlyOverTLS(all)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			kind := field(all[name], "Type").Value
			if (kind == "AWS::SQS::Queue" || kind == "AWS::SNS::Topic") && !slices.Contains(safe, name) {
				t.Errorf("%s: %s has no policy that denies what comes without TLS", file, name)
			}
		}
	}
}

// On an ARN they grant nothing, and Lambda says that the function may not read its stream.
func TestActionsThatTakeNoResourceAreGrantedOnAll(t *testing.T) {
	for _, file := range templates {
		for name, r := range resources(t, file) {
			each(r, func(n *yaml.Node) {
				for _, action := range texts(field(n, "Action")) {
					if on := field(n, "Resource"); strings.HasSuffix(action, ":ListStreams") && (on == nil || on.Value != "*") {
						t.Errorf("%s: %s grants %s on a resource", file, name, action)
					}
				}
			})
		}
	}
}

func TestATableWithoutPointInTimeRecoverySaysWhy(t *testing.T) {
	for _, file := range templates {
		for name, r := range resources(t, file) {
			if field(r, "Type").Value != "AWS::DynamoDB::Table" ||
				field(r, "Properties", "PointInTimeRecoverySpecification") != nil {
				continue
			}
			said := ""
			each(r, func(n *yaml.Node) { said += n.HeadComment + n.LineComment + n.FootComment })
			if !strings.Contains(said, "checkov:skip=CKV_AWS_28:") {
				t.Errorf("%s: %s does not say why its items cannot be recovered", file, name)
			}
		}
	}
}

// Whoever is passed over says why, in words.
func TestWhatALinterIsToldToPassOverHasAReason(t *testing.T) {
	for _, file := range templates {
		for line := range strings.Lines(checkout.Text(t, file)) {
			if _, skip, ok := strings.Cut(line, "checkov:skip="); ok {
				if _, why, _ := strings.Cut(skip, ":"); len(strings.Fields(why)) < 4 {
					t.Errorf("%s: %s", file, strings.TrimSpace(line))
				}
			}
		}
	}
}
