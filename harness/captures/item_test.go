package captures

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 120_000_000, time.UTC)

func full() Item {
	return Item{
		Channel: "shipments", At: noon, ID: "d-1", Key: "o-1",
		Headers:     map[string][]string{"type": {"order.shipped"}, "empty": {""}, "via": {"web", "app"}, "none": {}},
		Body:        []byte(`{"a":1}`),
		Correlation: "o-1", Resolution: time.Second, Handled: true, Captured: noon.Add(time.Second), Canary: "c-1",
		Gap: "cut off", Span: time.Minute,
		ExpiresAt: noon.Add(time.Hour).Truncate(time.Second),
	}
}

func TestARowOfBeforeHeadersHadSeveralValuesIsRead(t *testing.T) {
	row := full().Marshal()
	row[Headers] = &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"type": &types.AttributeValueMemberS{Value: "order.shipped"}}}
	got, err := Unmarshal(row)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string][]string{"type": {"order.shipped"}}; !reflect.DeepEqual(got.Headers, want) {
		t.Errorf("got %v, want %v", got.Headers, want)
	}
}

func TestARowReadsBackAsItWasWritten(t *testing.T) {
	for name, item := range map[string]Item{
		"all attributes":     full(),
		"the least there is": {Channel: "shipments", At: noon, ID: "d-1"},
	} {
		got, err := Unmarshal(item.Marshal())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(got, item) {
			t.Errorf("%s: got %+v, want %+v", name, got, item)
		}
	}
}

func TestEmptyAttributesAreLeftOut(t *testing.T) {
	row := Item{Channel: "shipments", At: noon, ID: "d-1"}.Marshal()
	if got, want := slices.Sorted(maps.Keys(row)), []string{At, Channel, ID, SourceTime}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTimeToLiveIsANumberOfSeconds(t *testing.T) {
	n, ok := full().Marshal()[ExpiresAt].(*types.AttributeValueMemberN)
	if !ok || n.Value != "1772370000" {
		t.Errorf("got %v, want the number 1772370000", full().Marshal()[ExpiresAt])
	}
}

func TestSortKeysSortByTimeInAnyZoneThenByDelivery(t *testing.T) {
	zone := time.FixedZone("east", 3*3600)
	keys := []string{
		Item{At: noon.Add(-time.Nanosecond), ID: "z"}.SortKey(),
		SortPrefix(noon),
		Item{At: noon, ID: "a"}.SortKey(),
		Item{At: noon.In(zone), ID: "b"}.SortKey(),
		Item{At: noon.Add(time.Hour), ID: "a"}.SortKey(),
	}
	if !slices.IsSorted(keys) {
		t.Errorf("not sorted: %q", keys)
	}
	if want := "2026-03-01T12:00:00.120000000Z#a"; keys[2] != want {
		t.Errorf("got %q, want %q", keys[2], want)
	}
}

func TestARowExpiresAtItsTimeAndNeverWithoutOne(t *testing.T) {
	i := full()
	if i.Expired(i.ExpiresAt.Add(-1)) || !i.Expired(i.ExpiresAt) {
		t.Error("a row expires at ExpiresAt, not before and not after")
	}
	if (Item{}).Expired(noon) {
		t.Error("a row without ExpiresAt never expires")
	}
}

func TestARowThatNoRecorderWroteIsAnErrorThatNamesTheAttribute(t *testing.T) {
	s := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
	for _, c := range []struct {
		attribute string
		value     types.AttributeValue
		want      string
	}{
		{Channel, &types.AttributeValueMemberN{Value: "1"}, "channel is not a string"},
		{Body, s("text"), "body is not binary"},
		{ExpiresAt, s("1772370000"), "expiresAt is not a number"},
		{Resolution, &types.AttributeValueMemberN{Value: "1.5"}, `grain: "1.5" is not a whole number`},
		{SourceTime, s("yesterday"), `sourceTime: "yesterday" is not a time`},
		{Headers, s("type"), "headers is not a map"},
		{Headers,
			&types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"n": &types.AttributeValueMemberN{Value: "1"}}},
			"headers.n is neither a string nor a list of strings"},
		{At, s("2026-03-01T12:00:00Z#d-1"), "is not sourceTime#id"},
	} {
		row := full().Marshal()
		row[c.attribute] = c.value
		if _, err := Unmarshal(row); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s = %v: got %v, want %q", c.attribute, c.value, err, c.want)
		}
	}
}
