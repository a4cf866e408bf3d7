package transports

import "testing"

func TestNoTwoServicesShareANameOrAVariable(t *testing.T) {
	names, variables := make(map[string]bool), make(map[string]string)
	for _, s := range Services() {
		if names[s.Name] || s.Start == nil {
			t.Errorf("%q: two have this name, or it cannot be started", s.Name)
		}
		names[s.Name] = true
		for _, v := range s.Provides {
			if other, taken := variables[v]; taken {
				t.Errorf("%s and %s both provide %s", other, s.Name, v)
			}
			variables[v] = s.Name
		}
	}
	if !names["nats"] || !names["kafka"] || !names["dynamodb"] || !names["recorder"] {
		t.Errorf("have %v, want nats, kafka, dynamodb and recorder", names)
	}
}
