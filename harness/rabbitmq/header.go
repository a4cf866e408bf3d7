// Headers: AMQP's have types, an event's are texts.

package rabbitmq

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	amqp "github.com/rabbitmq/amqp091-go"
)

// table returns headers as they are sent: one value as itself, several as a list.
func (a address) table(headers map[string][]string) (amqp.Table, error) {
	if len(headers) == 0 {
		return nil, nil
	}
	all := make(amqp.Table, len(headers))
	for name, values := range headers {
		if len(name) > longest {
			return nil, fmt.Errorf("header %s...: its name has %d bytes, and AMQP takes %d", name[:20], len(name), longest)
		}
		if len(values) == 1 {
			all[name] = a.typed(values[0])
			continue
		}
		list := make([]any, len(values))
		for i, v := range values {
			list[i] = a.typed(v)
		}
		all[name] = list
	}
	return all, nil
}

// texts returns the values of a header that was received: each element of a list is one. What a text cannot say is
// JSON: a table, or a list within a list.
func texts(value any) []string {
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		return []string{textOf(value)}
	}
	all := make([]string, len(list))
	for i, v := range list {
		all[i] = textOf(v)
	}
	return all
}

func textOf(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case []byte:
		return string(v)
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case amqp.Decimal:
		return decimal(v)
	case amqp.Table, []any:
		return jsonOf(v)
	default: // a number without a fraction, or a truth
		return fmt.Sprint(v)
	}
}

func decimal(d amqp.Decimal) string {
	n := big.NewRat(int64(d.Value), 1)
	n.Quo(n, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(d.Scale)), nil)))
	return n.FloatString(int(d.Scale))
}

func jsonOf(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(encodable(value)); err != nil {
		return fmt.Sprint(value) // a float that is no number
	}
	return string(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
}

// encodable returns a value as JSON has it: bytes that are no text are in base64.
func encodable(value any) any {
	switch v := value.(type) {
	case amqp.Table:
		all := make(map[string]any, len(v))
		for name, field := range v {
			all[name] = encodable(field)
		}
		return all
	case []any:
		all := make([]any, len(v))
		for i, element := range v {
			all[i] = encodable(element)
		}
		return all
	case []byte:
		if utf8.Valid(v) {
			return string(v)
		}
		return base64.StdEncoding.EncodeToString(v)
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	case amqp.Decimal:
		return json.Number(decimal(v))
	default:
		return v
	}
}
