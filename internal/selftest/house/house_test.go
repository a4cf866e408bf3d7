package house

import (
	"go/ast"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// most is how many names the stable packages may export.
const most = 200

// stranger is a module of somebody else's, in testdata.
const stranger = "support/run/testdata/library"

// once reads the source of the module.
var once = sync.OnceValues(func() (*house, error) {
	folder, err := top()
	if err != nil {
		return nil, err
	}
	return read(folder)
})

func open(t *testing.T) *house {
	t.Helper()
	h, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestEveryArrowGoesDown(t *testing.T) {
	for _, a := range arrows(open(t).product) {
		if floor(a.from) < floor(a.to) {
			t.Errorf("%s goes up: want main, steps, support, harness, internal in this order", a)
		}
	}
}

func TestTheTestsOfAFolderNeedNothingAboveIt(t *testing.T) {
	for _, a := range arrows(open(t).tests) {
		vocabulary := floor(a.from) == ofSupport && a.to == "steps" // whoever makes a run in a test hands it the phrases
		if floor(a.from) < floor(a.to) && floor(a.to) != ofProof && !vocabulary {
			t.Errorf("%s goes up in a test: want what the test needs at its own floor or below, or in %s", a, selftest)
		}
	}
}

func TestNoFoldersImportEachOther(t *testing.T) {
	for _, c := range cycles(arrows(open(t).product)) {
		t.Errorf("a cycle %s", c)
	}
}

func TestWhatIsStableIsSmallAndDocumented(t *testing.T) {
	h := open(t)
	total := 0
	for _, folder := range h.stable() {
		names := h.names(h.product[folder])
		total += len(names)
		t.Logf("%4d  %s", len(names), folder)
		for _, n := range names {
			if !n.documented {
				t.Errorf("%s: %s has no doc comment", n.at, n.name)
			}
		}
	}
	t.Logf("%4d  names of stable packages, of at most %d", total, most)
	if total > most {
		t.Errorf("the stable packages export %d names, want at most %d", total, most)
	}
}

func TestWhatIsNotStableSaysSo(t *testing.T) {
	h := open(t)
	stable := h.stable()
	for _, folder := range slices.Sorted(maps.Keys(h.product)) {
		files := h.product[folder]
		if !importable(folder, files) {
			continue
		}
		const want = "It promises nothing to other modules."
		says := strings.Contains(comment(files), want)
		if slices.Contains(stable, folder) == says {
			t.Errorf("%s: the package comment says %q in its first paragraph: %t, want %t", folder, want, says, !says)
		}
	}
}

func TestAStrangersModuleNeedsWhatIsStableAlone(t *testing.T) {
	folder, err := top()
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := read(folder + "/" + stranger)
	if err != nil {
		t.Fatal(err)
	}
	stable := open(t).stable()
	for _, files := range []map[string][]*ast.File{theirs.product, theirs.tests} {
		for _, a := range arrows(files) {
			if !slices.Contains(stable, a.to) {
				t.Errorf("%s/%s imports %s, want stable packages alone", stranger, a.from, a.to)
			}
		}
	}
}

func TestCyclesAreThoseOfFoldersSideBySide(t *testing.T) {
	for _, c := range []struct {
		name   string
		arrows []arrow
		want   []string
	}{
		{"none", []arrow{{"a/x", "b"}, {"a/y", "a/x"}, {"a", "a/x"}}, nil},
		{"of two folders, whatever lies in them", []arrow{{"a/x", "b/x"}, {"b/y", "a/y"}}, []string{"in .: a -> b -> a"}},
		{"of a package and what is below it", []arrow{{"a/x", "a"}, {"a", "a/y"}}, nil},
		{"within a folder", []arrow{{"a/b/x", "a/c"}, {"a/c", "a/b"}}, []string{"in a: b -> c -> b"}},
	} {
		if got := cycles(c.arrows); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestATransportBringsNoOther(t *testing.T) {
	h := open(t)
	needs := make(map[string][]string)
	for _, a := range arrows(h.product) {
		needs[a.from] = append(needs[a.from], a.to)
	}
	transports := slices.DeleteFunc(imported(h.product["harness/transports"]), func(folder string) bool {
		return !strings.HasPrefix(folder, "harness/") || strings.HasPrefix(folder, "harness/embedded/") // servers
	})
	for _, folder := range append([]string{"support/run", "support/cli", "support/world", "steps"}, transports...) {
		for _, needed := range reach(needs, folder) {
			if slices.Contains(transports, needed) {
				t.Errorf("%s brings %s, and with it an SDK: want a transport handed in by whoever uses it", folder, needed)
			}
		}
	}
}

// reach returns what a folder imports, and what that imports, without the folder itself.
func reach(needs map[string][]string, folder string) (all []string) {
	for next := needs[folder]; len(next) > 0; next = next[1:] {
		if !slices.Contains(all, next[0]) && next[0] != folder {
			all = append(all, next[0])
			next = append(next, needs[next[0]]...)
		}
	}
	return all
}
