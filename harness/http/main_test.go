package http

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// The proxies that the environment names are dead, so that every test shows that none is asked about this machine.
func TestMain(m *testing.M) {
	for _, variable := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		if err := os.Setenv(variable, "http://127.0.0.1:1"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}
