// harken harness policy without an account.
package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/harken-bdd/harken/support/run"
)

func TestAPolicyThatAllowsMoreThanIsNeededSaysWhere(t *testing.T) {
	t.Parallel()
	const remark = "remark: audit log, orders: what stacks put out for names was not asked for, " +
		"so that any name is allowed there (*); --resolve asks for it\n"
	for _, c := range []struct{ name, orders, audit, want string }{
		{"names of stacks", "sns://${stack.shop.Orders}", "sqs://log-${stack.shop.Log}?own=true", remark},
		{"names as they are", "sns://orders", "sqs://log?own=true", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			yml := filepath.Join(t.TempDir(), "godog.yml")
			text := "channels:\n  orders: {url: '" + c.orders + "'}\n  audit log: {url: '" + c.audit + "'}\n"
			if err := os.WriteFile(yml, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			code, out, errs := Says(t, "harness", "policy", "-c", yml)
			ended(t, code, run.ExitPassed)
			same(t, errs, c.want)
			if !json.Valid([]byte(out)) {
				t.Errorf("got\n%s\nwant JSON", out)
			}
		})
	}
}
