// Package hidden empties PATH while packages are initialised, so that none of them runs a program. Package programs,
// which must be imported with it, gives PATH back.
//
// It is there for one package, godog's builder, which cannot be left out where godog is imported: it asks `go env
// GOTOOLDIR` in a package variable. That costs every command of Harken's a process, and where go.mod asks for a newer
// Go than there is, go first sends a request for it to a module proxy, and waits for as long as that one does.
//
// Go initialises packages in the order of their import paths, as soon as what they import is initialised. The builder
// imports go/build, and that imports os/exec; so does this package, and nothing else, and its path is before that of
// go/build. It is initialised before the builder therefore, and no earlier than must be: a package that looks for
// programs while it is initialised and whose path comes before this one's still finds them. One that comes behind it,
// and does not import package run, may not.
package hidden

import (
	"os"
	_ "os/exec" // for when this package is initialised
)

// Path is what PATH was, nil where there was none.
var Path = hide()

func hide() *string {
	path, set := os.LookupEnv("PATH")
	if !set {
		return nil
	}
	// It fails for names only that no variable can have.
	_ = os.Setenv("PATH", "")
	return &path
}
