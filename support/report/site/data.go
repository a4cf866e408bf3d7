// The data files: which there are, and how large.

package site

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/harken-bdd/harken/internal/disk"
)

// chunk is how large a file of several records may become, in bytes. A record that is larger has a file of its own.
const chunk = 500 << 10

// record is one entry of a chunk.
type record struct {
	key  string
	json []byte
}

// writeData writes all data files of a model.
func writeData(dir string, m *model) error {
	md := newMarkdown()
	prose, err := records(m.features, func(f *feature) (string, any) { return f.slug, f.prose(md) })
	if err != nil {
		return err
	}
	timelines, err := records(m.scenarios, func(s *scenario) (string, any) { return s.id, s.timeline(md) })
	if err != nil {
		return err
	}
	proseAt, err := pack(dir, "features", prose)
	if err != nil {
		return err
	}
	timelineAt, err := pack(dir, "scenarios", timelines)
	if err != nil {
		return err
	}
	if err := writeFile(dir, "contract", m.contract(md)); err != nil {
		return err
	}
	if err := writeFile(dir, "phrases", m.phrases()); err != nil {
		return err
	}
	return writeFile(dir, "index", m.index(proseAt, timelineAt))
}

// records returns a record of each of all, in their order. It works on several at a time.
func records[T any](all []T, of func(T) (key string, value any)) ([]record, error) {
	made := make([]record, len(all))
	errs := make([]error, len(all))
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wait.Go(func() {
			for i := w; i < len(all); i += workers {
				key, value := of(all[i])
				text, err := json.Marshal(value)
				made[i], errs[i] = record{key, text}, err
			}
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return made, nil
}

// pack writes records to files called kind-N.js, and returns the N of each.
func pack(dir, kind string, all []record) ([]int, error) {
	at := make([]int, len(all))
	for number, first := 0, 0; first < len(all); number++ {
		end, size := first, 0
		for end < len(all) && (end == first || size+len(all[end].json) <= chunk) {
			size += len(all[end].json)
			at[end] = number
			end++
		}
		if err := writeChunk(dir, fmt.Sprintf("%s-%d", kind, number), all[first:end]); err != nil {
			return nil, err
		}
		first = end
	}
	return at, nil
}

func writeChunk(dir, name string, some []record) error {
	return create(dir, name, func(out *bufio.Writer) {
		for i, r := range some {
			fmt.Fprintf(out, "%c\n%q:", "{,"[min(i, 1)], r.key)
			_, _ = out.Write(r.json)
		}
		_, _ = out.WriteString("\n}")
	})
}

func writeFile(dir, name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return create(dir, name, func(out *bufio.Writer) { _, _ = out.Write(text) })
}

// create writes one data file: a script that hands its name and its content to harken.take. The content is JSON in
// which <, >, & and the line ends that JavaScript knows beside \n are escaped, as encoding/json does. An error of a
// write is Flush's too.
func create(dir, name string, content func(*bufio.Writer)) error {
	return disk.Write(filepath.Join(dir, name+".js"), func(to io.Writer) error {
		out := bufio.NewWriterSize(to, 64<<10)
		fmt.Fprintf(out, "harken.take(%q,", name)
		content(out)
		_, _ = out.WriteString(");\n")
		return out.Flush()
	})
}

// millis is a length of time as the data has it: milliseconds, to the microsecond.
type millis float64

func ms(d time.Duration) millis { return millis(float64(d.Round(time.Microsecond)) / 1e6) }
