// What comes out: a table for a reader, and a file for programs.

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"text/tabwriter"

	"github.com/harken-bdd/harken/internal/disk"
)

// figure is one measured value.
type figure struct {
	Name   string   `json:"name"`
	Value  float64  `json:"value"`
	Unit   string   `json:"unit"`
	Goal   *float64 `json:"goal"`   // the value is to reach this and, where less is better, not to pass it; null for none
	Met    *bool    `json:"met"`    // null where there is no goal
	Beside *float64 `json:"beside"` // the comparator's value in the same run; null where there is none
}

func told(name string, value float64, unit string) figure {
	return figure{Name: name, Value: value, Unit: unit}
}

// atMost says what the value is to be.
func (f figure) atMost(goal float64) figure {
	met := f.Value <= goal
	f.Goal, f.Met = &goal, &met
	return f
}

// atLeast says what the value is to be, where more is better.
func (f figure) atLeast(goal float64) figure {
	met := f.Value >= goal
	f.Goal, f.Met = &goal, &met
	return f
}

// beside says what the comparator's value is.
func (f figure) beside(value float64) figure {
	f.Beside = &value
	return f
}

// write writes the figures to a file.
func write(file string, all []figure) error {
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return disk.WriteBytes(file, append(text, '\n'))
}

// show writes the figures as a table.
func show(out io.Writer, all []figure) error {
	fmt.Fprintf(out, "%s, %s/%s, %d cores\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "value\tunit\tgoal\tbeside\t\t  what\t")
	missed := 0
	for _, f := range all {
		verdict := ""
		if f.Met != nil && *f.Met {
			verdict = "met"
		} else if f.Met != nil {
			verdict = "MISSED"
			missed++
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t  %s\n", short(&f.Value), f.Unit, short(f.Goal), short(f.Beside), verdict, f.Name)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if missed > 0 {
		fmt.Fprintf(out, "\ngoals missed: %d\n", missed)
	}
	return nil
}

// short writes three significant digits.
func short(v *float64) string {
	if v == nil {
		return ""
	}
	if *v >= 100 {
		return strconv.FormatFloat(*v, 'f', 0, 64)
	}
	return strconv.FormatFloat(*v, 'g', 3, 64)
}
