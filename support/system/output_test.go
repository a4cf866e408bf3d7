package system

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func newTestOutput(t *testing.T) *output {
	t.Helper()
	o, err := newOutput("", "")
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestLinesAreWholeHoweverTheyArrive(t *testing.T) {
	o := newTestOutput(t)
	for _, chunk := range []string{"one", " and", " a half\r\ntwo\n", "\n", "last"} {
		fmt.Fprint(o, chunk)
	}
	if got := fmt.Sprintf("%q", texts(o.tail(10))); got != `["one and a half" "two" ""]` {
		t.Errorf("kept %s", got)
	}
	if err := o.close(); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprintf("%q", texts(o.tail(2))); got != `["" "last"]` {
		t.Errorf("kept %s at the end", got)
	}
}

func TestOnlyTheLastLinesAreKept(t *testing.T) {
	o := newTestOutput(t)
	for i := range keptLines + 5 {
		fmt.Fprintln(o, i)
	}
	lines := o.tail(2 * keptLines)
	if len(lines) != keptLines || lines[0].Text != "5" {
		t.Errorf("%d lines are kept from %q on", len(lines), lines[0].Text)
	}
}

func TestOnlyTheLastBytesAreKept(t *testing.T) {
	o := newTestOutput(t)
	for range 3 * keptBytes / longest {
		fmt.Fprintln(o, strings.Repeat("x", longest))
	}
	if got, want := len(o.tail(keptLines)), keptBytes/longest; got != want {
		t.Errorf("%d lines are kept, want %d", got, want)
	}
}

func TestALineWithoutAnEndIsKeptInPieces(t *testing.T) {
	o := newTestOutput(t)
	for range 5 {
		fmt.Fprint(o, strings.Repeat("x", longest/2))
	}
	if err := o.close(); err != nil {
		t.Error(err)
	}
	total := 0
	for _, line := range o.tail(keptLines) {
		if len(line.Text) > longest {
			t.Errorf("a line of %d bytes", len(line.Text))
		}
		total += len(line.Text)
	}
	if total != 5*longest/2 {
		t.Errorf("%d bytes are kept, want %d", total, 5*longest/2)
	}
}

func TestLinesAreFoundByTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newTestOutput(t)
		begin := time.Now()
		for i := range 5 {
			fmt.Fprintln(o, i)
			<-time.After(time.Second)
		}
		at := func(s int) time.Time { return begin.Add(time.Duration(s) * time.Second) }
		for _, c := range []struct {
			from, to time.Time
			want     string
		}{
			{at(1), at(3), "[1 2 3]"},
			{at(-9), at(0), "[0]"},
			{at(4), at(9), "[4]"},
			{at(5), at(9), "[]"},
			{at(3), at(1), "[]"},
		} {
			if got := fmt.Sprint(texts(o.between(c.from, c.to))); got != c.want {
				t.Errorf("from %s to %s: %s, want %s", c.from.Sub(begin), c.to.Sub(begin), got, c.want)
			}
		}
	})
}

func TestABrokenLogFileDoesNotBreakTheOutput(t *testing.T) {
	o, err := newOutput(os.DevNull, "")
	if err != nil {
		t.Fatal(err)
	}
	o.file.Close()
	if n, err := fmt.Fprintln(o, "still here"); n != 11 || err != nil {
		t.Errorf("wrote %d bytes: %v", n, err)
	}
	if got := fmt.Sprint(texts(o.tail(1))); got != "[still here]" {
		t.Errorf("kept %s", got)
	}
	if err := o.close(); err == nil || !strings.Contains(err.Error(), "log file: ") {
		t.Errorf("error is %v", err)
	}
}

func texts(lines []Line) []string {
	var texts []string
	for _, line := range lines {
		texts = append(texts, line.Text)
	}
	return texts
}
