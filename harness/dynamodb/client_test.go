package dynamodb

import (
	"strings"
	"testing"
)

// NothingConfigured keeps what a machine has configured for AWS out of a test.
func NothingConfigured(t *testing.T) {
	for _, variable := range []string{"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
		"AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"} {
		t.Setenv(variable, "")
	}
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1") // and none of it is asked
}

func TestALoopbackEndpointNeedsNoConfiguration(t *testing.T) {
	NothingConfigured(t)
	for _, endpoint := range []string{"http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"} {
		c, _, err := connect(t.Context(), address{endpoint: endpoint})
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Options().Credentials.Retrieve(t.Context())
		if err != nil || got.AccessKeyID != "local" || c.Options().Region != "us-east-1" || *c.Options().BaseEndpoint != endpoint {
			t.Errorf("%s: got %q in %q at %s, %v", endpoint, got.AccessKeyID, c.Options().Region, *c.Options().BaseEndpoint, err)
		}
	}
}

func TestWhatIsConfiguredIsUsedAndTheAddressGoesFirst(t *testing.T) {
	NothingConfigured(t)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:8000")
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "mine")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	c, _, err := connect(t.Context(), address{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Options().Credentials.Retrieve(t.Context())
	if err != nil || got.AccessKeyID != "mine" || c.Options().Region != "eu-west-1" || *c.Options().BaseEndpoint != "http://127.0.0.1:8000" {
		t.Errorf("got %q in %q at %s, %v", got.AccessKeyID, c.Options().Region, *c.Options().BaseEndpoint, err)
	}
	c, _, err = connect(t.Context(), address{endpoint: "http://127.0.0.1:9000", region: "eu-north-1"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Options().Region != "eu-north-1" || *c.Options().BaseEndpoint != "http://127.0.0.1:9000" {
		t.Errorf("got %q at %s, want what the address says", c.Options().Region, *c.Options().BaseEndpoint)
	}
}

func TestAnAccountNeedsARegion(t *testing.T) {
	NothingConfigured(t)
	_, _, err := connect(t.Context(), address{})
	if err == nil || !strings.Contains(err.Error(), "region=") {
		t.Errorf("got %v, want what to set", err)
	}
}
