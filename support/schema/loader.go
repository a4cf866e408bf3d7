// Reading schemas, and nothing but files.

package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/disk"
	"github.com/harken-bdd/harken/support/pattern"
)

// loader reads the files of one folder, and knows them by the URLs of their absolute paths.
type loader struct {
	folder string
	root   *os.Root
	main   string // the URL of the schema itself
	web    string // what addresses near its $id begin with; empty where that is none on the web
	here   string // the URL of the folder in which these are looked for
}

func newLoader(file, within string) (*loader, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	if within, err = filepath.Abs(within); err != nil {
		return nil, err
	}
	if name, err := filepath.Rel(within, file); err != nil || !filepath.IsLocal(name) {
		within = filepath.Dir(file)
	}
	root, err := os.OpenRoot(within)
	if err != nil {
		return nil, err
	}
	return &loader{folder: within, root: root, main: fileURL(file)}, nil
}

func fileURL(file string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String()
}

// neighbours notes where what stands near the schema's $id is looked for: if https://example.com/orders/placed.json is in
// the file schemas/orders/placed.json, then https://example.com/ is the folder schemas.
func (l *loader) neighbours(doc any) {
	fields, _ := doc.(map[string]any)
	id, _ := fields["$id"].(string)
	u, err := url.Parse(id)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return
	}
	web, _ := cutLast(id)
	here, _ := cutLast(l.main)
	for here != fileURL(l.folder) {
		nextWeb, a := cutLast(web)
		nextHere, b := cutLast(here)
		if a != b || strings.Count(nextWeb, "/") < 2 {
			break
		}
		web, here = nextWeb, nextHere
	}
	l.web, l.here = web+"/", here+"/"
}

// cutLast separates the last part of a URL's path.
func cutLast(at string) (folder, last string) {
	i := strings.LastIndexByte(at, '/')
	return at[:max(i, 0)], at[i+1:]
}

// Load returns the decoded document at a URL.
func (l *loader) Load(at string) (any, error) {
	text, err := l.read(at)
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		line := 1 + bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte("\n"))
		return nil, fmt.Errorf("not JSON: line %d: %w", line, err)
	} else if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if pointer, want := unreasonable(doc); want != "" {
		return nil, fmt.Errorf("/%s: want %s", strings.Join(pointer, "/"), want)
	}
	return doc, nil
}

func (l *loader) read(at string) ([]byte, error) {
	if rest, ok := strings.CutPrefix(at, l.web); ok && l.web != "" {
		at = l.here + rest
	}
	u, err := url.Parse(at)
	if err != nil || u.Scheme != "file" {
		return nil, errors.New("only files are read, and nothing is fetched")
	}
	name, err := filepath.Rel(l.folder, filepath.FromSlash(u.Path))
	if err != nil || !filepath.IsLocal(name) {
		return nil, fmt.Errorf("it is not below %s", l.folder)
	}
	f, err := disk.OpenIn(l.root, name)
	if wrapped := (*fs.PathError)(nil); errors.As(err, &wrapped) {
		return nil, wrapped.Err // the caller knows which file
	} else if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	return io.ReadAll(f)
}

// inWords says why a schema cannot be compiled.
func (l *loader) inWords(err error) error {
	var load *jsonschema.LoadURLError
	if errors.As(err, &load) {
		return fmt.Errorf("it refers to %s: %w", l.local(load.URL), load.Err)
	}
	var invalid *jsonschema.SchemaValidationError
	var broken *jsonschema.ValidationError
	if !errors.As(err, &invalid) || !errors.As(invalid.Err, &broken) {
		return errors.New(l.local(err.Error()))
	}
	file, _, _ := strings.Cut(invalid.URL, "#")
	text, err := l.read(file)
	if err != nil {
		return err
	}
	d := pattern.Read(event.Event{Body: text})
	return fmt.Errorf("%s is no JSON Schema: %w", l.local(file), newError(explain(d, broken), nil))
}

// local writes the URLs of files as paths from the folder on.
func (l *loader) local(text string) string {
	return strings.NewReplacer(strings.TrimSuffix(fileURL(l.folder), "/")+"/", "", "file://", "").Replace(text)
}
