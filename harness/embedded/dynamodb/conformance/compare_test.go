//go:build conformance

package conformance

// The comparison with DynamoDB Local and dynoxide themselves.

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var record = flag.Bool("record", false, "write the answers that were compared to "+recorded)

// TestTheEndpointAnswersAsDynamoDBLocalDoes puts every operation to the endpoint, DynamoDB Local and dynoxide. Cases in
// which dynoxide answers something else than DynamoDB Local are listed with both answers, and DynamoDB Local is
// followed; but for those that say what Amazon documents, where DynamoDB Local does otherwise and dynoxide does not.
func TestTheEndpointAnswersAsDynamoDBLocalDoes(t *testing.T) {
	ours, local, dynoxide := startEndpoint(t), startDynamoDBLocal(t), startDynoxide(t)
	var answers, differences []string
	for _, o := range all(t) {
		got, reference, other := ours.answer(t, o), local.answer(t, o), dynoxide.answer(t, o)
		answers = append(answers, got)
		want, followed := reference, "DynamoDB Local is followed"
		if o.documented != "" {
			want, followed = other, "dynoxide is followed: "+o.documented
		}
		if got != want {
			t.Errorf("%s\n  got            %s\n  DynamoDB Local %s\n  dynoxide       %s", o.name, got, reference, other)
		}
		switch {
		case reference != other:
			differences = append(differences, fmt.Sprintf("%s (%s)\n      DynamoDB Local  %.300s\n      dynoxide        %.300s",
				o.name, followed, reference, other))
		case o.documented != "":
			t.Errorf("%s: DynamoDB Local does as documented; the exception is out of date", o.name)
		}
	}
	t.Logf("%d operations compared; dynoxide and DynamoDB Local answer %d of them alike and differ in %d:\n   %s",
		len(answers), len(answers)-len(differences), len(differences), strings.Join(differences, "\n   "))
	if *record && !t.Failed() {
		if err := os.WriteFile(recorded, []byte(strings.Join(answers, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
