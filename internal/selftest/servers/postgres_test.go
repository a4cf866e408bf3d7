//go:build conformance

package servers

import "testing"

func TestPostgresAnswersWithAndWithoutTLS(t *testing.T) {
	for _, c := range []struct {
		name  string
		start func(t testing.TB) Database
		want  string
	}{
		{"plain", func(t testing.TB) Database { return Postgres(t) }, "logical"},
		{"with a setting", func(t testing.TB) Database { return Postgres(t, "wal_level=replica") }, "replica"},
		{"TLS", func(t testing.TB) Database { return PostgresTLS(t) }, "logical"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := c.start(t).Connect(t)
			got := conn.ExecParams(t.Context(), "SHOW wal_level", nil, nil, nil, nil).Read()
			if got.Err != nil || string(got.Rows[0][0]) != c.want {
				t.Errorf("got %v, %v, want wal_level %s", got.Rows, got.Err, c.want)
			}
		})
	}
}
