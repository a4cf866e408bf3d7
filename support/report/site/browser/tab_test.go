//go:build browser

package browser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const troubled = `<!doctype html>
<meta http-equiv="Content-Security-Policy" content="img-src 'none'">
<title>trouble</title>
<script>
console.error("an error", 7);
console.warn("a warning");
alert("a dialog");
new Image().src = "data:,forbidden";
fetch("http://elsewhere.example/").catch(() => { document.title = "asked"; });
setTimeout(() => { throw new Error("an exception"); });
</script>`

func TestATabNotesWhatGoesWrong(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "trouble.html"), []byte(troubled), 0o644); err != nil {
		t.Fatal(err)
	}
	tab, err := start(t).Open()
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Close()
	if err := tab.Go("file://" + dir + "/trouble.html"); err != nil {
		t.Fatal(err)
	}
	if err := tab.Until(`document.title === "asked"`); err != nil {
		t.Fatal(err)
	}
	faults := strings.Join(tab.Faults("file://"+dir+"/"), "\n")
	for _, want := range []string{
		"console: an error 7", "console: a warning", "a dialog opened: a dialog", "exception: ", "an exception",
		"Content Security Policy", "a request failed: net::ERR_NAME_NOT_RESOLVED", "a request went to " +
			"http://elsewhere.example/",
	} {
		if !strings.Contains(faults, want) {
			t.Errorf("%q is not noted:\n%s", want, faults)
		}
	}
}
