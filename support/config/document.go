// From the bytes of a file to a YAML document that is safe to walk.

package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// maxDepth is how many levels a document may be nested; godog.yml needs six.
const maxDepth = 20

// document parses data as one YAML document and returns its top node.
func document(file string, data []byte) (*yaml.Node, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("%s: not UTF-8 text", file)
	}
	limits := loaderlimits.New(loaderlimits.DepthValue(maxDepth))
	var doc yaml.Node
	// Keys that stand twice are the reader's to find: it tells them together with all other problems.
	err := yaml.Load(data, &doc, yaml.WithUniqueKeys(false), yaml.WithPlugin(limits))
	if err != nil {
		return nil, syntaxError(file, data, err)
	}
	return doc.Content[0], nil
}

func syntaxError(file string, data []byte, err error) error {
	var syntax *yaml.LoadError
	if !errors.As(err, &syntax) {
		return fmt.Errorf("%s: %w", file, err)
	}
	message := strings.TrimPrefix(syntax.Message, "yaml: ")
	line := syntax.Mark.Line
	if line == 0 {
		return fmt.Errorf("%s: not a YAML document: %s", file, message)
	}
	lines := bytes.Split(data, []byte("\n"))
	if line <= len(lines) && bytes.Contains(lines[line-1], []byte("${")) {
		message += " (a value that holds ${...} needs quotes around it)"
	}
	return fmt.Errorf("%s:%d: not YAML: %s", file, line, message)
}

// kind says what a node is, for people.
func kind(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case empty(n):
		return "nothing"
	default:
		return "text"
	}
}

// empty holds for a key without a value. A null that is written out is a text like any other.
func empty(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Value == "" && n.ShortTag() == "!!null"
}
