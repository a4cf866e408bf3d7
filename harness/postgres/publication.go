// What the server is told to hand on of a table: a publication, which must not make the system's own writes fail.

package postgres

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/harken-bdd/harken/harness"
)

const (
	// lockClass is the first of the two numbers of the advisory locks that say whose publications are in use.
	lockClass = "1213360974"
	// lockWithin is how long the server may wait for whoever has locked the table: a migration, or a VACUUM.
	lockWithin = "5s"
	// publishesGenerated is the first version that can be told to hand on stored generated columns.
	publishesGenerated = 18
	// ownPublication is what the publications of listeners are called that do not stay.
	ownPublication = `^harken_[0-9a-f]{16}$`
)

// standing is what must stay as it is for a publication to be right.
type standing struct {
	oid       string // of the table
	published bool   // the table is in the publication
	updates   bool   // the publication hands on updates
	// identity says that every row has a replica identity, so that updates and deletes of a published table succeed.
	identity bool
	made     string // differs where the publication, or the table in it, was altered or made anew
}

// standingSQL asks for a standing: $1 and $2 are schema and table, $3 is the publication. A primary key that is
// deferrable identifies nothing. Of a partitioned table each partition counts, and the key, which new ones get, too;
// from version 18 on, a row is no identity where it has a virtual column.
const standingSQL = `
SELECT c.oid,
	EXISTS (SELECT FROM pg_publication_tables WHERE pubname = $3 AND schemaname = $1 AND tablename = $2),
	EXISTS (SELECT FROM pg_publication WHERE pubname = $3 AND pubupdate AND pubdelete),
	(c.relkind <> 'p' OR EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary)) AND NOT EXISTS (
		SELECT FROM (SELECT c.oid WHERE c.relkind <> 'p' UNION SELECT relid FROM pg_partition_tree(c.oid) WHERE isleaf) AS l
		JOIN pg_class s ON s.oid = l.oid
		WHERE NOT CASE s.relreplident
			WHEN 'f' THEN NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = s.oid AND attgenerated = 'v')
			WHEN 'n' THEN false
			ELSE EXISTS (SELECT FROM pg_index WHERE indrelid = s.oid AND indisvalid AND indimmediate
				AND CASE s.relreplident WHEN 'd' THEN indisprimary ELSE indisreplident END)
		END),
	(SELECT concat_ws('/', p.oid, p.xmin, r.oid, r.xmin) FROM pg_publication p
		LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = c.oid WHERE p.pubname = $3)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')`

// standing asks for that of a publication, and for more, which the answer has behind it.
func (l *changes) standing(ctx context.Context, publication string) (standing, error) {
	answer, err := l.session.ask(ctx, standingSQL, l.addr.schema, l.addr.table, publication)
	if err != nil {
		return standing{}, err
	}
	if len(answer.Rows) == 0 {
		return standing{}, fmt.Errorf("there is no table %s any more", l.addr.name())
	}
	return standing{oid: answer.text(0, 0), published: answer.yes(0, 1), updates: answer.yes(0, 2),
		identity: answer.yes(0, 3), made: answer.text(0, 4)}, nil
}

// fits says why what happens to a table may not be handed on by a publication that was made so, or "".
func (l *changes) fits(now standing, table *table, made string) string {
	switch {
	case now.oid != table.oid:
		return "the table was made anew"
	case !now.published:
		return "the publication has the table no more"
	case now.made != made:
		return "the publication was altered or made anew"
	case l.addr.publication == "" && now.updates && !now.identity:
		return "the table has lost its replica identity"
	default:
		return ""
	}
}

// beginSession has a connection hold what says that a publication is in use.
func (l *changes) beginSession(ctx context.Context, conn *pgconn.PgConn) error {
	if _, err := query(ctx, conn, "SELECT set_config('lock_timeout', $1, false)", lockWithin); err != nil {
		return err
	}
	l.mu.Lock()
	name := l.publication
	l.mu.Unlock()
	if name == "" {
		return nil
	}
	_, err := query(ctx, conn, "SELECT pg_advisory_lock_shared($1::int, $2::int)", lockClass, lockOf(name))
	return err
}

// lockOf is the second number of the lock of a publication.
func lockOf(publication string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(publication)) // a hash takes all
	return strconv.Itoa(int(int32(h.Sum32())))
}

// newName is that of a publication and its slot, unlike any other.
func newName() string {
	var random [8]byte
	_, _ = rand.Read(random[:]) // it never fails
	return "harken_" + hex.EncodeToString(random[:])
}

var errNoIdentity = errors.New("the table has no replica identity (no primary key, or one that is deferrable, or REPLICA " +
	"IDENTITY NOTHING): to listen to updates and deletes would make the system's own fail. Give it one (ALTER TABLE ... " +
	"REPLICA IDENTITY FULL will do), or add only=insert")

// publish returns the publication of a listener, and whether it was made now.
func (l *changes) publish(ctx context.Context, t *table) (publication string, anew bool, err error) {
	if l.addr.publication != "" {
		return l.addr.publication, false, l.checkPublication(ctx)
	}
	publication = newName()
	if l.addr.slot != "" {
		publication = kept(l.addr.slot)
	}
	now, err := l.standing(ctx, publication)
	if err != nil {
		return "", false, err
	}
	if !l.addr.inserts && !now.identity {
		return "", false, errors.Join(harness.Misconfigured(errNoIdentity), l.unkeep(ctx, publication))
	}
	if now.published && now.updates != l.addr.inserts && l.fits(now, t, now.made) == "" { // a kept one
		return publication, false, nil
	}
	if err := l.claim(ctx, publication); err != nil {
		return "", false, err
	}
	if err := l.unkeep(ctx, publication); err != nil {
		return "", false, err
	}
	if _, err := l.session.ask(ctx, l.create(publication, t)); err != nil {
		return "", false, l.explainPublication(ctx, err)
	}
	return publication, true, nil
}

// unkeep drops the publication of a kept slot: it is made anew, or the system's own writes would fail by it.
func (l *changes) unkeep(ctx context.Context, publication string) error {
	if l.addr.slot == "" {
		return nil
	}
	_, err := l.session.ask(ctx, "DROP PUBLICATION IF EXISTS "+quote(publication))
	return err
}

// claim locks the name of a publication before it is made, so that nobody takes it for one that is left behind.
func (l *changes) claim(ctx context.Context, publication string) error {
	l.mu.Lock()
	l.publication = publication
	l.mu.Unlock()
	_, err := l.session.ask(ctx, "SELECT pg_advisory_lock_shared($1::int, $2::int)", lockClass, lockOf(publication))
	return err
}

// create is the statement that makes a publication.
func (l *changes) create(publication string, t *table) string {
	operations := "insert, update, delete, truncate"
	if l.addr.inserts {
		operations = insert
	}
	options := "publish = '" + operations + "'"
	if t.kind == "p" {
		options += ", publish_via_partition_root = true"
	}
	if l.version >= publishesGenerated {
		options += ", publish_generated_columns = stored"
	}
	return "CREATE PUBLICATION " + quote(publication) + " FOR TABLE " + t.only() + l.addr.sql() + " WITH (" + options + ")"
}

// explainPublication says which right is missing, and the ways that need none.
func (l *changes) explainPublication(ctx context.Context, err error) error {
	if code(err) != noRight {
		return fmt.Errorf("create a publication: %w", err)
	}
	answer, asked := l.session.ask(ctx, `
SELECT current_user, pg_get_userbyid(c.relowner), pg_has_role(c.relowner, 'USAGE'),
	has_database_privilege(current_database(), 'CREATE')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2`,
		l.addr.schema, l.addr.table)
	if asked != nil || len(answer.Rows) == 0 {
		return harness.Misconfigured(l.addr.explain(err))
	}
	role, owner := answer.text(0, 0), answer.text(0, 1)
	missing := fmt.Sprintf("the role %s may not create anything in the database %s (GRANT CREATE ON DATABASE %s TO %s)",
		role, l.addr.database, quote(l.addr.database), quote(role))
	if !answer.yes(0, 2) {
		missing = fmt.Sprintf("the role %s does not own the table, as whoever publishes it must (GRANT %s TO %s)", role,
			quote(owner), quote(role))
	}
	return harness.Misconfigured(fmt.Errorf("create a publication: %s; or have it made once (CREATE PUBLICATION NAME FOR "+
		"TABLE %s) and add publication=NAME; or add via=read, which needs neither", missing, l.addr.sql()))
}

// checkPublication returns an error unless the publication of the address hands on the table as it is.
func (l *changes) checkPublication(ctx context.Context) error {
	answer, err := l.session.ask(ctx, `
SELECT p.pubinsert, p.pubupdate AND p.pubdelete AND p.pubtruncate, coalesce(t.rowfilter, ''),
	c.relkind = 'p' AND NOT p.pubviaroot, t.tablename IS NOT NULL
FROM pg_publication p
LEFT JOIN (SELECT pubname, schemaname, tablename, to_jsonb(pg_publication_tables) ->> 'rowfilter' AS rowfilter
	FROM pg_publication_tables) AS t ON t.pubname = p.pubname AND t.schemaname = $1 AND t.tablename = $2
LEFT JOIN pg_namespace n ON n.nspname = $1
LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = $2
WHERE p.pubname = $3`, l.addr.schema, l.addr.table, l.addr.publication)
	wrong := ""
	switch {
	case err != nil:
		return err
	case len(answer.Rows) == 0:
		wrong = "is not there"
	case answer.yes(0, 3):
		wrong = "hands on partitions under their own names (SET publish_via_partition_root = true)"
	case !answer.yes(0, 4):
		wrong = "has not the table"
	case !answer.yes(0, 0):
		wrong = "hands on no inserts"
	case !l.addr.inserts && !answer.yes(0, 1):
		wrong = "hands on no updates, no deletes or no truncation (add only=insert, or have it publish all)"
	case answer.text(0, 2) != "":
		wrong = "has a row filter, by which an update can look like an insert or a delete"
	}
	if wrong != "" {
		return harness.Misconfigured(fmt.Errorf("the publication %s %s", l.addr.publication, wrong))
	}
	return nil
}

// unpublish drops the publication of a listener that does not keep it.
func (l *changes) unpublish(ctx context.Context) error {
	l.mu.Lock()
	publication := l.publication
	l.mu.Unlock()
	if publication == "" || l.addr.slot != "" {
		return nil
	}
	if _, err := l.session.ask(ctx, "DROP PUBLICATION IF EXISTS "+quote(publication)); err != nil {
		return err
	}
	l.mu.Lock()
	l.publication = ""
	l.mu.Unlock()
	return l.release(ctx, publication)
}

func (l *changes) release(ctx context.Context, publication string) error {
	_, err := l.session.ask(ctx, "SELECT pg_advisory_unlock_shared($1::int, $2::int)", lockClass, lockOf(publication))
	return err
}

// sweep drops the publications that killed listeners left behind: nobody has locked their names. What may not be
// dropped stays.
func (l *changes) sweep(ctx context.Context) error {
	answer, err := l.session.ask(ctx, `
SELECT pubname FROM pg_publication WHERE pubname ~ $1 AND pg_has_role(pubowner, 'USAGE')`, ownPublication)
	if err != nil {
		return err
	}
	for i := range answer.Rows {
		publication := answer.text(i, 0)
		free, err := l.session.ask(ctx, "SELECT pg_try_advisory_lock($1::int, $2::int)", lockClass, lockOf(publication))
		if err != nil {
			return err
		}
		if !free.yes(0, 0) {
			continue
		}
		_, _ = l.session.ask(ctx, "DROP PUBLICATION IF EXISTS "+quote(publication)) // it does no harm where it stays
		if _, err := l.session.ask(ctx, "SELECT pg_advisory_unlock($1::int, $2::int)", lockClass,
			lockOf(publication)); err != nil {
			return err
		}
	}
	return nil
}
