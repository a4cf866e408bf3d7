// Whether a listener hears what is sent to another address.

package kafka

import (
	"slices"

	"github.com/harken-bdd/harken/harness"
)

// hears says whether a listener at one address hears what is sent to another one. Brokers of other names may be of the
// same cluster, and a record may be of the one partition, or of the one key, that is listened to.
func hears(l, p address) harness.Hearing {
	switch {
	case l.topic != p.topic:
		return harness.Hearing{}
	case l.partition != p.partition && l.partition != allPartitions && p.partition != allPartitions:
		return harness.Hearing{}
	case l.key != p.key && l.key != "" && p.key != "":
		return harness.Hearing{}
	}
	oneCluster := slices.ContainsFunc(l.brokers, func(b string) bool { return slices.Contains(p.brokers, b) })
	whole := l.partition == allPartitions || l.partition == p.partition
	everyKey := l.key == "" || l.key == p.key
	key := p.key
	if key == "" {
		key = l.key
	}
	return harness.Hearing{Hears: true, Perhaps: !oneCluster || !whole || !everyKey, Key: key}
}
