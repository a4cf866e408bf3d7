package dynamodb

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/harken-bdd/harken/harness"
)

// keyed describes a table by its key: attribute and type, of the partition key first.
func keyed(key ...string) types.TableDescription {
	var d types.TableDescription
	for i := 0; i < len(key); i += 2 {
		kind := types.KeyTypeHash
		if i > 0 {
			kind = types.KeyTypeRange
		}
		d.KeySchema = append(d.KeySchema, types.KeySchemaElement{AttributeName: aws.String(key[i]), KeyType: kind})
		d.AttributeDefinitions = append(d.AttributeDefinitions,
			types.AttributeDefinition{AttributeName: aws.String(key[i]), AttributeType: types.ScalarAttributeType(key[i+1])})
	}
	return d
}

func order(id, status string) attributes {
	return attributes{"orderId": text(id), "status": text(status)}
}

// watching runs a test in a bubble, with a listener to the items of a table.
func watching(t *testing.T, items *table, key, sort string, test func(t *testing.T, l harness.Listener, h *heard)) {
	synctest.Test(t, func(t *testing.T) {
		h := &heard{}
		l, err := listenToState(t.Context(), items, address{table: "orders", key: key, sort: sort}, &items.description, h,
			none)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}()
		test(t, l, h)
	})
}

func await(l harness.Listener, key string) (release func()) {
	return l.(harness.Waiter).Await(harness.Wait{Until: time.Now().Add(time.Hour), Key: key})
}

// told returns key and body of what was captured since the last call, and "KEY gone" of what was lost.
func (h *heard) told() []string {
	events, _ := h.take()
	var told []string
	h.mu.Lock()
	for _, key := range h.gone {
		told = append(told, key+" gone")
	}
	h.gone = nil
	h.mu.Unlock()
	for _, e := range events {
		told = append(told, e.Key+" "+string(e.Body))
	}
	slices.Sort(told)
	return told
}

func TestAnItemIsCapturedWhenItIsNewOrChangedAndWhenSomebodyNewWaits(t *testing.T) {
	items := &table{description: keyed("orderId", "S")}
	watching(t, items, "orderId", "", func(t *testing.T, l harness.Listener, h *heard) {
		expect := func(when string, want ...string) {
			t.Helper()
			pass(t, 2*time.Second)
			if got := h.told(); !slices.Equal(got, want) {
				t.Errorf("%s: captured %q, want %q", when, got, want)
			}
		}
		release := await(l, "1")
		expect("absent")
		items.hold(order("1", "NEW"))
		expect("new", `1 {"orderId":"1","status":"NEW"}`)
		expect("unchanged")
		items.hold(order("1", "SHIPPED"))
		expect("changed", `1 {"orderId":"1","status":"SHIPPED"}`)
		defer await(l, "1")()
		expect("somebody new", `1 {"orderId":"1","status":"SHIPPED"}`)
		items.hold(order("3", "NEW"))
		expect("deleted", "1 gone")
		expect("still deleted")
		items.hold(order("1", "SHIPPED"))
		expect("there again", `1 {"orderId":"1","status":"SHIPPED"}`)
		items.hold()
		expect("deleted again", "1 gone")
		await(l, "1")()
		expect("deleted before somebody new waits", "1 gone")
		release()
		items.hold(order("1", "LOST"))
		expect("still awaited by one", `1 {"orderId":"1","status":"LOST"}`)
	})
}

func TestAnItemThatWentWhileNobodyWaitedIsGoneToWhoeverWaitsNext(t *testing.T) {
	items := &table{description: keyed("orderId", "S", "line", "N")}
	watching(t, items, "orderId", "line", func(t *testing.T, l harness.Listener, h *heard) {
		items.hold(attributes{"orderId": text("1"), "line": number("7")})
		release := await(l, "1/7")
		pass(t, 2*time.Second)
		release()
		h.told()
		items.hold()
		defer await(l, "1/7.0")() // the same item
		defer await(l, "1/8")()   // which never was
		pass(t, 2*time.Second)
		if got := h.told(); !slices.Equal(got, []string{"1/7.0 gone"}) {
			t.Errorf("got %q, want the one item to be gone, once", got)
		}
	})
}

func TestAnItemThatWasNotReadIsNotGone(t *testing.T) {
	items := &table{description: keyed("orderId", "S")}
	watching(t, items, "orderId", "", func(t *testing.T, l harness.Listener, h *heard) {
		defer await(l, "1")()
		items.hold(order("1", "NEW"))
		pass(t, 2*time.Second)
		h.told()
		items.fail(errors.New("throttled"))
		items.hold()
		pass(t, 2*time.Second)
		if got := h.told(); len(got) > 0 {
			t.Errorf("nothing could be read, and got %q", got)
		}
		items.fail(nil)
		pass(t, 2*time.Second)
		if got := h.told(); !slices.Equal(got, []string{"1 gone"}) {
			t.Errorf("got %q, want it to be gone", got)
		}
	})
}

func TestWhatNobodyWaitsForIsNotRead(t *testing.T) {
	items := &table{description: keyed("orderId", "S")}
	watching(t, items, "orderId", "", func(t *testing.T, l harness.Listener, h *heard) {
		await(l, "1")()
		pass(t, 10*time.Second)
		if got := items.asked(); got != 0 {
			t.Errorf("%d requests", got)
		}
	})
}

func TestFiveHundredWaitsCostFewRequests(t *testing.T) {
	items := &table{description: keyed("orderId", "S")}
	watching(t, items, "orderId", "", func(t *testing.T, l harness.Listener, h *heard) {
		for n := range 500 {
			defer await(l, fmt.Sprint(n))()
		}
		pass(t, 200*time.Millisecond)
		for n := range 500 {
			items.put(order(fmt.Sprint(n), "SHIPPED"))
		}
		pass(t, 100*time.Millisecond)
		if got := len(h.told()); got != 500 {
			t.Errorf("captured %d of 500 items", got)
		}
		// Looks at 50, 110, 182 and 268ms, and five requests for each.
		if got := items.asked(); got > 20 {
			t.Errorf("%d requests for 500 scenarios", got)
		}
	})
}

func TestKeysThatWereNotProcessedAreAskedForAgain(t *testing.T) {
	items := &table{description: keyed("orderId", "S"), batch: 30}
	watching(t, items, "orderId", "", func(t *testing.T, l harness.Listener, h *heard) {
		for n := range 100 {
			defer await(l, fmt.Sprint(n))()
			items.put(order(fmt.Sprint(n), "NEW"))
		}
		if err := l.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(h.told()); got != 100 {
			t.Errorf("Sync returned after %d of 100 items", got)
		}
	})
}

func TestALookThatFailsMayHaveMissedAState(t *testing.T) {
	items := &table{description: keyed("orderId", "S")}
	watching(t, items, "orderId", "", func(t *testing.T, l harness.Listener, h *heard) {
		defer await(l, "1")()
		pass(t, time.Second)
		failing := time.Now()
		items.fail(errors.New("throttled"))
		if err := l.Sync(t.Context()); err == nil || !strings.Contains(err.Error(), "dynamodb orders: throttled") {
			t.Errorf("Sync: got %v", err)
		}
		pass(t, 3*time.Second)
		items.fail(nil)
		mended := time.Now()
		pass(t, 3*time.Second)
		_, gaps := h.take()
		if len(gaps) != 1 || gaps[0].from.After(failing) || gaps[0].to.Before(mended) ||
			gaps[0].cause.Error() != "throttled" {
			t.Errorf("gaps: %v, want one from before %v to after %v", gaps, failing, mended)
		}
	})
}

func TestNumbersAreTheSameKeyHoweverTheyAreWritten(t *testing.T) {
	items := &table{description: keyed("orderId", "N", "line", "S")}
	items.put(attributes{"orderId": number("7"), "line": text("a/b")})
	watching(t, items, "orderId", "line", func(t *testing.T, l harness.Listener, h *heard) {
		for _, key := range []string{"7/a/b", "07.0/a/b", "0.7e1/a/b"} {
			defer await(l, key)()
		}
		if err := l.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		const body = ` {"line":"a/b","orderId":7}`
		if got := h.told(); !slices.Equal(got, []string{"0.7e1/a/b" + body, "07.0/a/b" + body, "7/a/b" + body}) {
			t.Errorf("captured %q", got)
		}
		if got := items.asked(); got != 1 {
			t.Errorf("%d requests for one item", got)
		}
	})
}

func TestAKeyThatNoItemCanHaveMakesSyncFailWhileItIsAwaited(t *testing.T) {
	for key, want := range map[string]string{
		"seven/a": `the key orderId is a number, got "seven"`,
		"7":       `the key "7" is a value of orderId alone, and an item has a line as well: write orderId/line, the values with a slash between`,
		"7/":      "the key line is empty",
	} {
		items := &table{description: keyed("orderId", "N", "line", "S")}
		watching(t, items, "orderId", "line", func(t *testing.T, l harness.Listener, _ *heard) {
			release := await(l, key)
			if err := l.Sync(t.Context()); err == nil || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", key, err, want)
			}
			release()
			if err := l.Sync(t.Context()); err != nil {
				t.Errorf("%s: after release: %v", key, err)
			}
		})
	}
}

func TestAKeyThatLacksAPartIsRefusedByTheAddressAlone(t *testing.T) {
	for _, c := range []struct{ address, key, want string }{
		{"dynamodb://orders?key=PK&sort=SK", "ORDER#1/LINE#1", ""},
		{"dynamodb://orders?key=PK&sort=SK", "ORDER#1/LINE/1", ""},
		{"dynamodb://orders?key=PK&sort=SK", "ORDER#1",
			`the key "ORDER#1" is a value of PK alone, and an item has a SK as well: write PK/SK`},
		{"dynamodb://orders?key=PK&sort=SK", "ORDER#1/", "the key SK is empty"},
		{"dynamodb://orders?key=PK&sort=SK", "/LINE#1", "the key PK is empty"},
		{"dynamodb://orders?key=orderId", "1/2", ""},
		{"dynamodb://orders?key=orderId", "", "the key orderId is empty"},
	} {
		err := harness.Table{Transport()}.Key(mustParse(t, c.address), c.key)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%s, %q: got %v, want %q", c.address, c.key, err, c.want)
		}
	}
}

func TestAnAddressThatDoesNotFitTheTableIsRefusedAtOpening(t *testing.T) {
	for _, c := range []struct {
		table     types.TableDescription
		key, sort string
		want      string
	}{
		{keyed("orderId", "S"), "id", "", "the partition key is orderId: want key=orderId, got key=id"},
		{keyed("orderId", "S"), "orderId", "line", "the table has no sort key, got sort=line"},
		{keyed("orderId", "S", "line", "N"), "orderId", "", "the table has a sort key: add sort=line"},
		{keyed("orderId", "S", "line", "N"), "orderId", "row", "the sort key is line: want sort=line, got sort=row"},
		{keyed("orderId", "B"), "orderId", "", "the key orderId is binary, and only text and numbers are known here"},
	} {
		_, err := listenToState(t.Context(), &table{}, address{table: "orders", key: c.key, sort: c.sort}, &c.table, &heard{},
			none)
		if err == nil || err.Error() != c.want || !errors.Is(err, harness.ErrMisconfigured) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

func TestAnItemIsPlainJSON(t *testing.T) {
	item := attributes{
		"text":   text("a <b> & c"),
		"number": number("12345678901234567890.12345678901234567"),
		"binary": &types.AttributeValueMemberB{Value: []byte{0xff, 0}},
		"yes":    &types.AttributeValueMemberBOOL{Value: true},
		"null":   &types.AttributeValueMemberNULL{Value: true},
		"list":   &types.AttributeValueMemberL{Value: []types.AttributeValue{text("x"), number("1")}},
		"map":    &types.AttributeValueMemberM{Value: attributes{"inner": number("-0.5")}},
		"texts":  &types.AttributeValueMemberSS{Value: []string{"b", "a"}},
		"nums":   &types.AttributeValueMemberNS{Value: []string{"2", "1"}},
		"bins":   &types.AttributeValueMemberBS{Value: [][]byte{{2}, {1}}},
		"empty":  &types.AttributeValueMemberL{},
	}
	const want = `{"binary":"/wA=","bins":["AQ==","Ag=="],"empty":[],"list":["x",1],"map":{"inner":-0.5},"null":null,` +
		`"number":12345678901234567890.12345678901234567,"nums":[1,2],"text":"a <b> & c","texts":["a","b"],"yes":true}`
	got, err := plainJSON(item)
	if err != nil || string(got) != want {
		t.Errorf("got  %s (%v)\nwant %s", got, err, want)
	}
}
