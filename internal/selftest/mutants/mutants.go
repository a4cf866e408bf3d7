// The mutants, by what they break.

package main

const (
	asking       = "support/expect/expect.go"
	count        = "support/expect/count.go"
	matcher      = "support/expect/matcher.go"
	proofs       = "support/expect/evidence.go"
	earlier      = "support/expect/earlier.go"
	rows         = "support/expect/rows.go"
	causeEffect  = "support/expect/cause_effect.go"
	rate         = "support/expect/rate.go"
	sum          = "support/expect/sum.go"
	state        = "support/expect/state.go"
	keeps        = "support/expect/keeps.go"
	stating      = "support/engine/state.go"
	entries      = "support/journal/journal.go"
	states       = "support/journal/state.go"
	attribution  = "support/journal/correlation.go"
	relation     = "support/journal/relation.go"
	sending      = "support/journal/sent.go"
	viewing      = "support/journal/view.go"
	numbering    = "support/engine/number.go"
	expecting    = "support/engine/expect.go"
	indexing     = "support/journal/index.go"
	learning     = "support/journal/learn.go"
	unattributed = "support/expect/unattributed.go"
	idents       = "internal/jsonpath/ident.go"
	echoes       = "support/journal/echo.go"
	clock        = "support/journal/clock.go"
	answering    = "support/engine/answer.go"
	unanswering  = "support/engine/unanswered.go"
	responding   = "support/engine/respond.go"
	linking      = "support/engine/link.go"
	variables    = "support/config/variables.go"
	piping       = "internal/proxy/pipe.go"
	passing      = "internal/proxy/proxy.go"
	awaiting     = "support/engine/await.go"
	audit        = "support/engine/audit.go"
	planned      = "support/engine/planned.go"
	proving      = "support/engine/proof.go"
	producing    = "support/engine/produce.go"
	doubts       = "support/pattern/doubt.go"
	headers      = "support/pattern/header.go"
	cells        = "support/pattern/cell.go"
	ranges       = "support/pattern/compare.go"
	rules        = "support/pattern/rule.go"
	walking      = "internal/jsonpath/walk.go"
	nearby       = "support/pattern/slip.go"
	unseen       = "support/pattern/invisible.go"
	wording      = "support/engine/words.go"

	recognizing = "support/engine/recognize.go"
	windows     = "support/expect/window.go"
	sends       = "support/journal/sent.go"
	asks        = "support/engine/ask.go"
	scenario    = "support/engine/world.go"
	framing     = "support/engine/window.go"

	items   = "harness/dynamodb/state.go"
	objects = "harness/s3/state.go"

	buses         = "harness/eventbridge/address.go"
	keys          = "harness/dynamodb/item.go"
	positions     = "harness/aws/shards/position.go"
	rowsPositions = "harness/dynamodb/position.go"

	duplicates = "harness/aws/subscription/duplicates.go"
	toQueues   = "harness/sqs/produce.go"
	toTopics   = "harness/sns/produce.go"
	toTables   = "harness/dynamodb/produce.go"
	toMachines = "harness/stepfunctions/produce.go"

	captured = "harness/dynamodb/captures.go"
	witness  = "harness/embedded/recorder/witness.go"
	bridge   = "harness/embedded/recorder/bridge.go"
	packed   = "harness/aws/envelope/aggregated.go"
	recorded = "harness/recorder/recorder.go"
	reading  = "harness/aws/shards/reader.go"

	natsTraits    = "harness/nats/address.go"
	natsMessages  = "harness/nats/message.go"
	natsSubjects  = "harness/nats/stored.go"
	natsTap       = "harness/nats/subject.go"
	natsReading   = "harness/nats/stream.go"
	natsProofs    = "harness/nats/proof.go"
	natsIdentity  = "harness/nats/identity.go"
	natsCluster   = "harness/nats/cluster.go"
	natsStoring   = "harness/nats/storing.go"
	natsOutlet    = "harness/nats/outlet.go"
	natsPositions = "harness/nats/position.go"
	hookProofs    = "harness/webhook/proof.go"
	hookConns     = "harness/webhook/conn.go"
	hookHandling  = "harness/webhook/handle.go"
	hookReplies   = "harness/webhook/replies.go"
	hookSigning   = "harness/webhook/signature.go"
	faultAsking   = "harness/fault/respond.go"
	kafkaReading  = "harness/kafka/fetch.go"
	kafkaProofs   = "harness/kafka/proof.go"
	kafkaTopics   = "harness/kafka/listen.go"
	kafkaRecords  = "harness/kafka/record.go"
	kafkaSending  = "harness/kafka/produce.go"
	kafkaCluster  = "harness/kafka/topic.go"
	readBack      = "support/report/read.go"
	oneClock      = "support/report/times.go"

	requests  = "harness/http/produce.go"
	resources = "harness/http/state.go"
	streamed  = "harness/http/stream.go"
)

func all() []mutant {
	return []mutant{
		// Counts.
		{count, `case t.in.most < j.Least:`, `case t.in.most <= j.Least:`, "as many as wanted may be too few"},
		{count, `case t.all.least+t.byElimination > j.Most:`, `case t.all.least+t.byElimination > j.Most+1:`, "one too many is let through"},
		{count, `j.Most != Unlimited && t.all.most > j.Most, !sound:`, `!sound:`, "what may be one too many is let through"},
		{count, `case t.in.least < j.Least, t.early.most > 0,`, `case t.early.most > 0,`, "what may have come counts as come"},
		{count, `if j.Most == Unlimited && t.in.least >= j.Least &&`, `if t.in.least >= j.Least &&`, "exactly one passes at the first"},
		{matcher, `m.byElimination = v.Private && `, `m.byElimination = `, "an uncorrelated event fails a scenario where others may be"},
		{count, "	case t.early.least > 0:\n", "	case false:\n", "a match before the window is let through"},
		{count, `return t.early.most > 0 || known != proved`, `return t.early.most > 0 || known > unknown`, "nobody asks whether something came before the window"},
		{count, "	if ev.twice {\n", "	if false {\n", "what was perhaps sent twice fails exactly one"},
		{count, `	if broken != nil {`, `	if false {`, "a broken schema is let through"},
		{count, `			fits = true
`, `			return true, nil
`, "a match that may be the first and breaks its schema is let through"},
		{count, `			break // it counts`, `			continue // it counts`, "a later match stands in for the first"},
		{count, `	case unknown:
		return decision{verdict: Inconclusive, why: why}
	}
	switch {
	case t.in.most`, `	case unknown:
		_ = why
	}
	switch {
	case t.in.most`, "a gap or a failed Sync is ignored"},
		{count, `	case notYet:
		passed.open = true`, `	case notYet:`, "a count is final before its horizon"},

		// Sorting.
		{matcher, `return (e.State || !c.Gone) && !c.Redelivery && !e.Except[c]`, `return (e.State || !c.Gone) && !e.Except[c]`, "a redelivery is a duplicate"},
		{matcher, `	if sent != nil && !mayBeSent {`, `	if sent != nil && !mayBeSent && false {`, "an echo is an output"},
		{matcher, `return (e.State || !c.Gone) && !c.Redelivery && !e.Except[c]`, `return (e.State || !c.Gone) && !c.Redelivery`, "what earlier steps are about is else"},
		{matcher, `	if relation == journal.Unrelated {
		return
	}
	when`, `	when`, "what another event caused counts"},
		{windows, `if !by.Before(from) && after.Before(w.Deadline) {`, `if !by.Before(from) && !after.After(w.Deadline) {`, "the deadline belongs to what comes behind it"},
		{windows, `after.Before(ended) && w.audited() {`, `after.Before(ended) && w.audited() && false {`, "nothing is in the audit"},
		{windows, `if by.Before(w.Begin) || after.Before(w.Begin) {`, `if by.Before(w.Begin) {`, "what may be an earlier act's is this one's"},
		{asking, `	if e.Least == 0 && e.Sum == nil && !e.Gone {`, `	if false {`, "what came before an edge counts against absence"},
		{matcher, `m.byElimination = v.Private && m.why == "" && !perhaps && !hasSiblings`, `_, m.byElimination = hasSiblings, v.Private && m.why == "" && !perhaps`, "an uncorrelated event is the one's, though another may have caused it"},
		{matcher, `m.byElimination = v.Private && m.why == "" && `, `m.byElimination = v.Private && `, "an uncorrelated event that cannot be read fails a scenario"},
		{matcher, `	err := pattern.Doubt(fields)`, `	var err error`, "what cannot be read is another event"},
		{matcher, `	case c.Returned:`, `	case false:`, "what the run sent and nobody can read is an output"},
		{earlier, `if earlier.Settled && m.why == "" &&`, `if earlier.Settled && m != nil &&`, "an earlier step surely accounts for what cannot be read"},
		{state, `	case m.why != "":
		return maybe`, `	case m.why != "":
		return no`, "an item that could not be read has come to look as wanted"},
		{echoes, `later(c.After, body.began), true`, `later(c.After, body.began), false`, "nobody knows what the run has sent"},
		{doubts, `		if !ok || errors.Is(want.doubt(), jsonpath.ErrEmpty) {
			return nil`, `		if !ok || errors.Is(want.doubt(), jsonpath.ErrEmpty) {
			continue`, "what cannot be read is never told to be another event"},
		{doubts, `errors.Is(want.doubt(), jsonpath.ErrEmpty)`, `false`, "an empty body cannot be read"},
		{matcher, `		m.why = whyUnattributed(c)`, `		_ = whyUnattributed(c)`, "an uncorrelated event helps to pass"},
		{matcher, `		m.why = "matches, but carries only what several`, `		_ = "matches, but carries only what several`, "what several events have in common is one's"},
		{proofs, `if !g.To.Before(begin) && !g.From.After(t) {`, `if !g.To.Before(begin) && g.To.Before(t) {`, "a gap at the end of the window is ignored"},
		{proofs, `if !ok || p.Err == nil && p.Through.Before(t) {`, `if _ = p; !ok {`, "a proof from before the deadline will do"},
		{proofs, `if p := ev.proofs[channel]; p.Through.Before(t) {`, `if p := ev.proofs[channel]; p.Through.Before(t) && false {`, "a Sync that failed proves something"},

		{earlier, `		if earlier.Settled && m.why == "" && when == within && relation`, `		if earlier.Settled && m.why == "" && relation`, "what may have come after an earlier step's window is not else"},
		{earlier, `	if when == 0 {`, `	if when != beyond+1 {`, "what an event led to after its own window is not else"},

		// The other rules.
		{rows, `		if a.byRow[row] == nil || a.place(a.byRow[row], tried) {`, `		if a.byRow[row] == nil {`, "a row takes what another row needs"},
		{rows, `	if m.why == "" && when == within {`, `	if m.why == "" {`, "a row takes what may have come too late"},
		{rows, `	case a.InOrder && a.chain(j, ev, false) == nil:`, `	case false:`, "the wrong order does not fail"},
		{rows, `		return a.number < b.number`, `		return a.number > b.number`, "the order is the other way round"},
		{rows, `	return !a.by.After(b.after)`, `	return !a.after.After(b.after)`, "what may have come first did"},
		{causeEffect, `		if !slices.ContainsFunc(p.causes, beside) {`, `		if slices.ContainsFunc(p.causes, beside) || true {`, "what may be outside a window is too many for it"},
		{causeEffect, `	case p.need == len(p.causes) && p.over(ev):`, `	case p.over(ev):`, "one too many fails where not each must hold"},
		{causeEffect, `	if rest.Sign() > 0 {`, `	if rest.Sign() < 0 {`, "a percentage is rounded down"},
		{causeEffect, `		if len(marked) != 1 {`, `		if len(marked) == 0 {`, "what several events have in common is the first one's"},
		{causeEffect, `case failed > len(p.causes)-p.need:`, `case failed > len(p.causes):`, "lost events do not fail"},
		{rate, `(m.why == "" || m.byElimination)`, `(m.why == "")`, "what only the scenario can have caused comes at no rate"},
		{rate, `afters, begin.Add(length), time.Time.Compare)
		if n := begun - over; n > most {`, `afters, begin.Add(length), time.Time.Compare)
		if n := begun - over; n > most && false {`, "what may be too fast is let through"},
		{rate, `n > j.Most && !ev.twice {`, `n > j.Most+1 && !ev.twice {`, "one too many at once is let through"},
		{sum, `case s.bad != nil && !unreadable(s.bad):`, `case s.bad != nil:`, "a sum of what cannot be read fails"},
		{sum, `	case all.Cmp(j.Sum.Total) != 0:`, `	case false:`, "a sum is not looked at again at its horizon"},
		{sum, `	case unsure != nil ||`, `	case false ||`, "what may belong to a sum is left out"},
		{state, `case i.endFits == yes && !i.mayMiss:`, `case i.endFits == yes:`, "a state that may have ceased to match stayed"},
		{state, `		if i.came != nil && i.atAct == no {`, `		if i.came != nil && i.atAct != yes {`, "a state that may have matched before came to match"},
		{state, `	if stayed := j.stayed(); stayed != nil {`, `	if stayed := j.stayed(); stayed != nil && false {`, "what is there all the while is not there"},
		{state, `i.there() == maybe || i.left == maybe`, `i.there() == maybe`, "what may have gone too early went in time"},
		{state, `		early = early || i.left == yes`, `		early = early && i.left == yes`, "what went too early went in time"},
		{state, `	case late && len(held) > 0:`, `	case late && len(held) > 9:`, "what may have been there when a window began was not"},
		{state, `if when&before != 0 && i.atAct != fits {`, `if false {`, "a state that changed around the act was known then"},
		{matcher, `|| c.Again && j.items[keyOf(c)] != nil {`, `{`, "one look that is told twice is two"},
		{matcher, `return (e.State || !c.Gone) &&`, `return !c.Gone &&`, "nobody hears that an item is gone"},
		{entries, `if c.added = true; slices.Equal(last.owners, c.owners) {`, `if c.added = true; false {`, "an unchanged item that is told again is another capture"},
		{keeps, `		if last = l.Began; !last.Before(until) {
			break`, `		if last = l.Began; true {
			break`, "nobody need look until the end of what is to keep"},
		{keeps, `	case farthest > LookWithin:`, `	case farthest > 2*LookWithin:`, "looks may be far apart at what is to keep"},
		{keeps, `(i.atAct == no || !through.Before(w.Deadline))`, `true`, "what was so at the act need not be so at the end of the window to have kept"},
		{keeps, `			through = r.ended.after`, `			through = r.ended.by`, "what may have changed has kept"},
		{keeps, `k.may = k.may || k.most >= j.Keeps &&`, `k.may = k.may || k.most > 2*j.Keeps &&`, "what may have kept has not"},
		{keeps, `		if r.first.when&(before|early|within) == 0 {`, `		if false {`, "what came too late may have kept"},
		{keeps, `		if !g.To.Before(r.from) && !g.From.After(until) {`, `		if g.Cause == nil {`, "what went unseen has kept"},
		{keeps, `func(l Look) bool { return l.Began.Before(p.Since) }`, `func(l Look) bool { return l.Began.Before(p.Since) && false }`, "looks at others are looks at an item"},
		{keeps, `	if may {
		end = j.Until()`, `	if false {
		end = j.Until()`, "what may yet keep is not waited for"},
		{awaiting, `	end := c.Judged.Until()`, `	end := c.Judged.Window.Deadline`, "a step does not wait until something has kept"},
		{awaiting, `				w.looks.last(proofs)`, `				_ = proofs`, "the last look is none"},
		{planned, `if a.Keeps > 0 {`, `if false {`, "nobody tells of the looks at what is to keep"},
		{stating, `known[place] = i + 1`, `known[place] = 0`, "two rows are about one item"},
		{stating, `worst == nil || verdict.Verdict == expect.Failed && !failed(worst)`, `false`, "a row that fails does not fail its step"},
		{stating, `	case !ever:`, `	case !ever && atAct:`, "nobody says that what is gone never was there"},
		{stating, `		_, one := w.run.awake(e.Channels[0], wait)`, `		one := func() { _ = wait }`, "nobody looks at the item of a later row"},
		{states, `as.Gone == c.Gone && bytes`, `bytes`, "an empty item is like none"},
		{states, `if last != nil && !last.Gone && last.Seen().Before(since) {`, `if last != nil && last.Gone {`, "what is gone while nobody looks is there for ever"},
		{states, `		a.owners = append(a.owners, last.owners...)`, ``, "what is gone was nobody's"},
		{planned, `	for _, a := range w.planned {
		if a.Act == w.acts && a.Shared {`, `	for _, a := range w.planned {
		if a.Act == w.acts && a.Shared && false {`, "nobody looks at an item before the first act"},

		{state, `if i.end.broken != nil {`, `if false {`, "a state that breaks its schema stayed"},
		{state, `if len(came) > 0 && !j.mayBeEarly(t, ev) {`, `if len(came) > 0 {`, "a state that may have come before the window came in it"},
		{state, `&& t.early.most == 0 && t.mayBreak == nil:`, `&& t.mayBreak == nil:`, "a state that may have come before the window stayed"},
		{sum, `if d, ok := j.surplus(t, ev); ok {`, `if d, ok := j.surplus(t, ev); ok && false {`, "a sum cares for nothing before its window"},

		// Whose a capture is, and when it appeared.
		{attribution, `		if owner == noOwner {
			contested = true`, `		if owner == noOwner {
			owners = append(owners, 1)`, "a value that two scenarios produced is the first one's"},
		{echoes, `	if c.Redelivery {
		return body.owner, true
	}
`, "", "a redelivered echo is the next one"},
		{echoes, `	if l.State {
		return harness.Hearing{}
	}
`, "", "what is there is taken for an echo"},
		{attribution, `	case otherRun, a.otherRun, a.log.Foreign:`, `	case a.log.Foreign:`, "an earlier run's event is nobody's"},
		{attribution, `	case otherRun, a.otherRun, a.log.Foreign:`, `	case otherRun, a.otherRun:`, "a foreign channel's event is nobody's"},
		{attribution, `	if len(a.correlation.Values) == 0 {
		for`, `	if true {
		for`, "an id that is only mentioned tells whose an event is"},
		{numbering, `	if given >= all {`, `	if given > all {`, "a number of few digits is given twice"},
		{numbering, `		w.short = append(w.short, number)`, `		w.numbers = append(w.numbers, number)`, "no other run can have had a number of few digits"},
		{expecting, `	if kind.None {`, `	if false {`, "others may run beside who expects what carries no id"},
		{attribution, `	case len(a.correlation.Values) > 0 && len(a.IDs) > 0:`, `	case false:`, "a duplicate with a wrong id is somebody else's"},
		{attribution, `	case len(a.correlation.Values) > 0:
		return nil, unknown, nil`, `	case len(a.correlation.Values) > 0:
		return nil, foreign, nil`, "what may carry the scenario's id, which it does not know yet, is somebody else's"},
		{attribution, `		a.keys.Store(keys)
	}
	a.log.move`, `	}
	a.log.move`, "what was learned too late tells nothing of what it has to do with"},
		{attribution, `	if !c.Returned && !c.Echo() {`, `	if true {`, "what the run itself has written is learned from the system"},
		{idents, `		return Ident{plainNumber(j.String()), true}`, `		return Ident{j.String(), true}`, "a number that is written in another way is another id"},
		{learning, `			if !v.Able {`, `			if false {`, "true is an id"},
		{learning, `			if a.Answers != nil || had == nil {`, `			if had == nil || had != nil {`, "an id that is said twice stands for two requests"},
		{learning, `		if lessons[s.Doc] == l.sends[s.Doc] {`, `		if lessons == nil {`, "a scenario that makes another request knows its id already"},
		{sending, `(had == nil || had.owner != x.number)`, `(had == nil || had != nil)`, "who sends an id that the system made knows those to come"},
		{indexing, `made := idx.sent[v.Text], idx.learned[learnedValue{v.Of, v.Text}]`, `made := idx.sent[v.Text], idx.learned[learnedValue{"taskId", v.Text}]`, "an id of one thing is an id of another"},
		{indexing, `		if seen.Seen().Before(since) {`, `		if seen == nil {`, "an id was made for what was sent after it had been seen"},
		{indexing, `		if sent != nil && sent.owner != made.owner {`, `		if false {`, "an id that one has sent and another was given is the other's"},
		{indexing, `	e.owner = noOwner
	return true`, `	return true`, "an id that two were given is the first one's"},
		{indexing, `	if len(e.ids)+len(e.answers) > mostCauses {`, `	if false {`, "an id of a thousand events is compared with all of them"},
		{viewing, `		return slices.Contains(keys.owners, v.number)
	}`, `	}`, "what is known to be the scenario's may be anybody's"},
		{viewing, `func(of string) bool { return !v.complete[of] })`, `func(of string) bool { return true })`, "an unknown id may be that of a scenario which knows its own"},
		{entries, `		if l.attributed[a.Capture] { // it`, `		if false { // it`, "what two claim is lost for the second"},
		{matcher, `	if v.Revision != c.revision {`, `	if false {`, "what is known to be somebody's may be anybody's still"},
		{unattributed, `		s.perhaps = slices.DeleteFunc(s.perhaps, unattributed)`, `		_ = unattributed`, "a match that is somebody's by now perhaps counts"},
		{unattributed, `	h.open = slices.DeleteFunc(h.open, unattributed)`, `	_ = h.open`, "a match at the edge that is somebody's by now perhaps counts"},
		{unattributed, `	h.byElimination, h.mayBreak = 0, nil`, ``, "an uncorrelated match fails a step though it is somebody's by now"},
		{sum, `	s.unsure = nil
	for`, `	for`, "an amount that is somebody's by now perhaps belongs to a sum"},
		{causeEffect, `	p.shared.forget(channel)`, ``, "an event may have led to what is somebody's by now"},
		{causeEffect, `	keys := c.CorrelationKeys()`, `	keys := journal.CorrelationKeys{IDs: c.IDs, Values: c.Values}`, "an event that is only mentioned has led to something"},
		{relation, `	keys := c.CorrelationKeys()`, `	keys := CorrelationKeys{IDs: c.IDs, Values: c.Values}`, "a step for one event counts what only mentions it"},
		{entries, `	l.synced[key] = later(l.synced[key], began)`, `	l.synced[key] = l.synced[key]`, "a Sync bounds nothing"},
		{entries, `	l.synced[key] = later(l.synced[key], began)`, `	l.synced[key] = began`, "a slower Sync takes back what a later one has shown"},
		{entries, `c.Redelivery = l.deliveries[e.ID] != nil;`, `c.Redelivery = false;`, "no delivery is known again"},
		{clock, `	return before.known.span(k.behind(by))`, `	return before.known`, "a clock that was set is believed"},
		{clock, `	return before.known.span(k.behind(by))`, `	return k.behind(by)`, "a stamp is read as if the clock had always been what it is"},
		{clock, `	quick := s.received-s.sent <= e.Resolution`, `	quick := true`, "slow canaries that agree show that a clock was not set"},
		{clock, `all.from <= before.received && by <= all.to {`, `by <= all.to {`, "canaries behind a capture show that a clock was not set before"},
		{clock, `		s.quick, both = none, s.alone // it was set`, `		both = s.alone`, "a clock that was set was never set"},
		{clock, `latest := k.start.Add(stamp + c.Event().Resolution - ahead.least)`, `latest := k.start.Add(stamp - ahead.least)`, "the grain of a stamp is left out"},
		{clock, `	now = k.canaries[len(k.canaries)-1].sent >= k.at(c.Seen())`, `	now = true`, "a stamp is read though the clock may have been set since"},
		{clock, `		if s.sent < by {`, `		if false {`, "what was on its way shows how the clock is behind a capture"},
		{awaiting, `	w.readStamps(ctx, c.Judged.Channels, c.sight)
`, ``, "no canary is sent behind what comes late"},
		{asking, `	return plain && !e.Anchored() &&`, `	return plain &&`, "no canary is sent behind what may refute an absence"},
		{hookProofs, `if err = before[i].quiet(ctx); err != nil {`, `if err = ctx.Err(); err != nil {`, "what was sent and not read yet is proved not to be there"},
		{hookProofs, `before, err := l.probes.send(ctx, l.socket.Addr())`, `before, err := l.present(), error(nil)`, "what was not accepted yet is proved not to be there"},
		{hookConns, `case c.state == http.StateActive && !c.captured:`, `case false:`, "what is being received is proved not to be there"},
		{hookConns, `(!c.behind.IsZero() || c.holds() == data)`, `false`, "what comes behind a call without an answer is proved not to be there"},
		{hookConns, `			if c.blank {
`, `			if false {
`, "what comes together with a call without an answer is proved not to be there"},
		{hookConns, `		return int(min(rest, int64(len(b))))`, `		return len(b)`, "what comes with the body of a call without an answer is proved not to be there"},
		{hookConns, `c.behind.IsZero() && c.holds() == data`, `c.behind.IsZero() && c.holds() == -1`, "what nobody reads behind a call without an answer is no gap"},
		{hookConns, `			c.partial = c.behind
`, `			_ = c.behind
`, "what stood behind a call that got no answer is no gap"},
		{hookHandling, `	if !errors.As(err, &tooLarge) {
		l.missed(`, `	if !errors.As(err, &tooLarge) {
		_ = fmt.Sprint(`, "what broke off is no gap"},
		{hookHandling, `if e.Refused = l.sign.wrong(e.Headers, e.Body); e.Refused != "" {`, `if e.Refused = ""; e.Refused != "" {`, "what is not signed is taken"},
		{hookHandling, `			q.Answered(err)
			return plain`, `			return plain`, "an answer that cannot be one counts as given"},
		{hookReplies, `		again(e)
		return first.wait`, `		return ask(e)`, "a redelivery is answered anew"},
		{hookSigning, `if !hmac.Equal(got, mac.Sum(nil)) {`, `if len(got) != mac.Size() {`, "any signature will do"},
		{faultAsking, `	l.sink.Capture(e)
	q.never()`, `	l.sink.Capture(e)`, "who asks a sink that answers nothing waits for ever"},
		{matcher, `if refused := c.Event().Refused; refused != "" {`, `if refused := c.Event().Refused; refused == "-" {`, "what was refused helps to pass"},
		{natsProofs, `	if l.stamped {
		l.gate.clock(`, `	if false {
		l.gate.clock(`, "a stream's clock is not asked for"},

		// Waiting.
		{awaiting, `			c.Outcome = w.judgeAtLast(ctx, c, proofs)
			return nil`, `			c.Outcome = c.Judged.Outcome(nil, proofs)
			return nil`, "the last look is left out"},
		{awaiting, `proofs := w.run.proveThrough(ctx, c.Judged.Channels, c.sight, end)`, `proofs := w.run.proveThrough(ctx, c.Judged.Channels, c.sight, c.Judged.Window.Begin)`, "no Sync at the deadline"},
		{proving, `		if p, ok := known[name]; ok && !p.Through.Before(t) {`, `		if p, ok := known[name]; ok {`, "an old proof will do"},
		{proving, `if since, seen := asked[s]; seen && (!one || s == of) {`, `if since := asked[s]; !one || s == of {`, "an item is given a proof that began before anybody waited for it"},
		{proving, `seen && (!one || s == of) {`, `seen && (one || true) {`, "the proof of one item is taken for that of all"},
		{proving, `		if s.waits--; s.waits == 0 {`, `		if s.waits--; s.waits < 0 {`, "an item is given a proof though nobody waited for it any more"},
		{proofs, `p.Since.After(t) {`, `p.Since.After(t) && false {`, "a first look behind the deadline is a proof of what was there before"},
		{entries, `	return l.synced[c.Event().Key]`, `	for _, at := range l.synced {
		l.synced[c.Event().Key] = later(l.synced[c.Event().Key], at)
	}
	return l.synced[c.Event().Key]`, "a proof of one item is one of all that are looked up by key"},
		{entries, `		return last.lacked`, `		return l.synced[c.Event().Key]`, "an item that is captured again is new since the last proof"},
		{audit, `		proofs = w.run.proveThrough(ctx, c.Judged.Channels, c.sight, c.Judged.Window.End())`, `		proofs = w.run.proveThrough(ctx, c.Judged.Channels, c.sight, c.Judged.Window.Deadline)`, "no Sync at the horizon"},
		{audit, `	case c.Judged.Audited():
		return c.Judged.Window.End()`, `	case false:
		return c.Judged.Window.End()`, "there is no audit"},
		{audit, `	w.recognizable(c)
	if`, `	_ = w.recognizable
	if`, "a misspelt field passes"},
		{recognizing, `	if c.Judged.Least == 0 {`, `	if true {`, "a misspelt field is never there"},
		{recognizing, `	case near == "":`, `	case true:`, "a misspelt field is only remarked on"},
		{recognizing, `	if there {
		return
	}`, `	if true || there {
		return
	}`, "a misspelt field is sent without a word"},
		{wording, `	if there, _ := kind.has(w.Field); there {`, `	if there, _ := kind.has(w.Field); there && false {`, "nobody is told that a field has the name of one of Harken's words"},
		{audit, `c.Outcome.Verdict == expect.Failed || c.Outcome.Verdict == expect.Passed && c.Judged.Anchored() {`, `c.Outcome.Verdict == expect.Failed {`, "absence may be for want of an answer"},
		{unanswering, `case late >= prompt, came && late >= missed:`, `case late >= prompt, came && missed < 0:`, "an answer of the test's that was late blames the system"},
		{unanswering, `case late >= prompt, came && late >= missed:`, `case came && late >= missed:`, "an answer of the test's may take as long as it likes"},
		{unanswering, `			case request.answered.After(deadline):`, `			case false:`, "an answer of the test's after the window blames the system"},
		{unanswering, `			if request.turn == nil || request.answer == nil {`, `			if request.turn == nil {`, "what is not to be answered is answered late"},
		{unanswering, `	if err := c.failure(); err != nil || !c.speaks() {`, `	if err := c.failure(); err != nil {`, "where nothing is answered, a request that was not seen excuses the system"},
		{unanswering, `	case len(c.calls) > 0:`, `	case len(c.calls) >= 0:`, "nobody hears that a collaborator was never asked"},
		{answering, `	case first == 0:`, `	case first == 0 && false:`, "a request is answered twice"},
		{answering, `	case !a.Later:`, `	case false:`, "two steps say what becomes of the first requests"},
		{answering, `	if t.first == 0 || len(c.calls) < t.first {`, `	if t.first == 0 || len(c.calls) <= t.first {`, "one request more than the first is answered as they are"},
		{answering, `		if c.asks(request) && !request.Redelivery && `, `		if c.asks(request) && `, "a request that is delivered again is a second one"},
		{answering, `	return request.Event().Refused == "" && len(`, `	return len(`, "what the listener has refused is a request"},
		{answering, `	if why := q.take(); why != nil {`, `	if why := q.take(); q != nil && why != nil {`, "a request that its address has answered counts as answered by the scenario"},
		{answering, `		a.gaveUp, a.answered = gaveUp, time.Now()`, `		a.gaveUp, a.answered = gaveUp, a.Seen()`, "an answer of the test's is never late"},
		{unanswering, `		if request.Number <= c.from && missed(`, `		if request.Number < 0 && missed(`, "a request that came before its step blames the system"},
		{unanswering, `		if a.turn == nil && len(c.turns) > 1 && missed(`, `		if a.turn == nil && len(c.turns) > 2 && missed(`, "a request that came before the later ones were spoken of blames the system"},
		{answering, `	return first <= len(c.calls) && before < first`, `	return first < 0 && before < first`, "others are counted in the place of the first requests"},
		{answering, `	if !c.request.None || !now.Private {`, `	if !c.request.None {`, "a request that may be anybody's is answered"},
		{answering, `	ctx, cancel := outliving(c.ctx, parting)`, `	ctx, cancel := outliving(c.ctx, 0)`, "an answer under way is broken off by the end of the scenario"},
		{responding, `	q.closed = !q.taken`, `	q.closed = true`, "a request that the scenario answers is answered as its address says"},

		// Links.
		{audit, `	defer w.restoreLinks()`, `	defer func() { _ = w.restoreLinks }()`, "a link stays cut when its scenario is over"},
		{linking, `		w.mustBeAlone(fmt.Sprintf("it changes`, `		_ = (fmt.Sprintf("it changes`, "others run while a link is cut"},
		{linking, `	if l.Reason != "" {`, `	if false {`, "a link is cut that the system does not go by"},
		{linking, `l.Line != nil && !l.Line.Used() {`, `l.Line != nil && !l.Line.Used() && false {`, "nobody hears that the system does not go by a link"},
		{linking, `	w.run.Journal.Disclosing(w.execution)`, `	_ = w.run.Journal.Disclosing`, "a scenario that cuts a link has not acted"},
		{scenario, `	if err := w.run.broken(); err != nil {`, `	if err := w.run.broken(); err != nil && false {`, "the system is judged though its link cannot be restored"},
		{variables, `	if l, ok := c.linkOf(variable); ok {`, `	if l, ok := c.linkOf(variable); ok && false {`, "Harken listens by what it cuts"},
		{piping, `tcp.SetLinger(0)`, `tcp.SetLinger(-1)`, "a link that is cut ends its connections in order"},
		{piping, `	return endWriting(p.server)`, `	return p.server.Close()`, "a client that has said all is not answered any more"},
		{passing, `		left := time.Until(sent.Add(by))`, `		left := time.Until(sent.Add(by * 0))`, "a slow link is not slow"},
		{producing, `c.over = c.over || at`, `c.over = false && at`, "a next act fails the one before"},
		{planned, `		case a.Length < longest:`, `		case false:`, "a Then behind a slow one finds no proof"},
		{planned, `	wait.Key, known = p.Key()`, `	wait.Key, _ = p.Key()`, "an item is looked at only when its step begins, which is no proof"},
		{producing, `		c.Judged.Cut(at)`, `		_ = c.Judged.Cut`, "a next act does not end the audit"},
		{framing, `Deadline: accepted.Add(f.length)}`, `Deadline: begin.Add(f.length)}`, "the window begins with the first send"},

		// Patterns.
		{cells, `l.form == moment && sameTime(got, l.time)`, `false`, "the same instant in another offset is another one"},
		{cells, `l.form == numeral && v.Number && equal`, `l.form == numeral && false && equal`, "a number of DynamoDB is a text"},
		{ranges, `	p := point{isTime: t.isTime()}`, `	p := point{}`, "a range of times compares numbers"},
		{rules, `	return !isList || !c.alike || c.distinct(list)`, `	return true`, "one item is contained twice"},
		{headers, `		return len(values) > 0 && !holdsFor(t.test, values)`, `		return len(values) > 0 && t.match(jsonpath.Value{Kind: jsonpath.Untyped, Text: values[0]})`, "a header has one value"},
		{headers, `	if exact {`, `	if exact && len(headers) == 1 {`, "another spelling of a header counts as the exact one"},
		{headers, `	case fit > 0:`, `	case false:`, "of spellings that differ the worse one counts"},
		{doubts, `	if err := d.Ambiguous(c.path); err != nil {`, `	if err := d.Ambiguous(c.path); err != nil && false {`, "a field that has the name of one of Harken's words is passed over"},
		{nearby, `			return slices.Concat(before, rest)`, `			return nil`, "where an object is and a list or JSON in a text is looked for, nothing is near"},
		{nearby, `		if i, err := strconv.Atoi(s.Name); err == nil && i >= 0 {`, `		if i, err := strconv.Atoi(s.Name); err == nil && i >= 0 && false {`, "an item that is written as a field has no neighbour"},
		{unseen, `	if ascii(got) && ascii(want) {`, `	if true || ascii(got) && ascii(want) {`, "what cannot be seen is not spelt out"},
		{walking, `				if _, err := d.Inside(text); err != nil {`, `				if false {`, "nothing is there in a text that cannot be read"},

		// Answers to what was sent.
		{sends, `if s.Asked || latest`, `if latest`, "what a request led to has all the time that its answer took, and its window"},
		{planned, `		case asking:`, `		case false:`, "what came while a request was open is not known to be late"},

		{matcher, `c.None && v.Private && j.Of == nil {`, `c.None && j.Of == nil {`, "what carries no id counts for whoever looks"},
		{matcher, `c.None && v.Private && j.Of == nil {`, `false {`, "what is defined to carry no id never counts for anybody"},
		{matcher, `		if !j.uncorrelated[c] {`, `		if true {`, "what carries no id counts again whenever something is learned"},

		// Acts, and when what was sent was accepted.
		{sends, `earliest, latest = later(s.Began, s.Receipt.Left), s.Accepted`, `earliest, latest = s.Accepted, s.Accepted`, "what was sent is taken to be accepted when that was heard"},
		{sends, `later(s.Began, s.Receipt.Left), s.Accepted`, `s.Began, s.Accepted`, "when an event had left tells nothing"},
		{sends, `		latest = *heard`, `		_ = *heard`, "an echo tells nothing of when its send was accepted"},
		{windows, `	earliest, latest = w.Deadline.Add(-w.Slack), w.Deadline`, `	earliest, latest = w.Deadline, w.Deadline`, "the latest end of a window is its only one"},
		{windows, `by.After(w.Deadline.Add(-w.Slack)) && after`, `by.After(w.Deadline) && after`, "the latest end of a window is the only beginning of its audit"},
		{windows, `return later(w.Begin, w.From.Add(-w.Slack)), later(w.Begin, w.From)`, `return later(w.Begin, w.From), later(w.Begin, w.From)`, "the latest beginning of a window is its only one"},
		{windows, `		after = later(after, w.Begin)
`, `		_ = later
`, "what comes behind an act may always be an earlier one's"},
		{windows, `!after.Before(lacked) {`, `(true || after.Before(lacked)) {`, "whatever comes behind an act is its own"},
		{producing, `at.Sub(called) > tolerance {`, `at.Sub(called) > time.Hour {`, "a Sync of long ago tells one act from the next"},
		{proving, `	if len(quick) < len(names) {`, `	if false {`, "a slow listener has the others' proofs grow old"},

		// What the run itself has sent.
		{echoes, `for _, l := range idx.hearers[s.Channel] {`, `for _, l := range idx.hearers[s.Channel][:0] {`, "nothing that comes back is an echo"},
		{echoes, `h.Key == "" || h.Key == c.Event().Key {`, `true {`, "what the system publishes on another subject is an echo"},
		{echoes, `may: h.Perhaps`, `may: false`, "who perhaps hears a send surely does"},
		{echoes, `return e.of, !e.sure && (`, `return e.of, false && (`, "a listener that was cut off heard the echo"},
		{echoes, `return e.of, !e.sure && (`, `return e.of, (`, "an echo that is known by its identity is in doubt"},
		{echoes, `	l.mayRepeat(body.twice[l.Name], c)`, ``, "what is accepted twice comes back once, as far as is known when it does"},
		{echoes, `			l.mayRepeat(s, c)`, `			_ = c`, "what is accepted twice comes back once, as far as was known before"},
		{echoes, `	if r.Swallowed != "" {`, `	if false {`, "what was swallowed comes back"},
		{echoes, `		if c == nil || c.Seen().Before(s.Began) {`, `		if c != nil {`, "an echo that comes before its send returns is an output"},
		{echoes, `	case !h.Hears || c.Redelivery:`, `	case c.Redelivery:`, "one identity on two channels is one event"},
		{echoes, `c == nil || c.Seen().Before(s.Began) {`, `c == nil {`, "what came before a send is its echo"},
		{echoes, `	case h.Perhaps && !bytes.Equal(`, `	case false && !bytes.Equal(`, "one identity on two servers is one event"},
		{asks, `	case receipt.Swallowed == "", s.Again`, `	case true, s.Again`, "what was swallowed was sent"},
		{asks, `s.Again && w.run`, `w.run`, "a first send that was swallowed was sent"},
		{scenario, `		if w.run.Channels[name].Private {`, `		if true {`, "who runs alone is alone on every channel"},
		{scenario, `return proofs[name].Err != nil }))`, `return proofs[name].Err != nil && false }))`, "who runs alone is alone where nobody has looked for what was before"},
		{scenario, `time.Now().Before(until) {`, `false {`, "who runs alone takes what an earlier scenario caused"},
		{relation, `		if c.Answers.Doc == s.Doc {`, `		if true {`, "an answer has to do with every event"},
		{entries, `	a.owners, a.kind = []uint32{x.number}, owned`, `	a.owners, a.kind = []uint32{1}, owned`, "an answer is the first scenario's"},
		{entries, `	c.appearedAfter(c.Seen())`, `	c.appearedAfter(time.Time{})`, "an answer may have been there before it was received"},
		{causeEffect, `	if m.capture.Answers != nil && len(own) == 0 {`, `	if false {`, "the answer to another event may be to any"},

		// What transports tell of what is gone.
		{items, `if w == nil || w.gone || !l.seen[key] {`, `if w == nil || w.gone {`, "an item that never was is gone"},
		{items, `if w == nil || w.gone || !l.seen[key] {`, `if w == nil || !l.seen[key] {`, "an item is gone at each look"},
		{items, `w.last, w.gone = nil, w.since.Before(asked)`, `w.gone = w.since.Before(asked)`, "an item that comes back as it was is not seen"},
		{items, `	w.since, w.last, w.gone = time.Now(), nil, false`, `	w.since, w.last = time.Now(), nil`, "whoever begins to wait is not told that an item is gone"},
		{objects, `		if _, still := there[key]; still {`, `		if _, still := there[key]; still || true {`, "an object is never gone"},
		{objects, `below && !v.canary {`, `below || v.canary {`, "a canary is gone"},

		// What transports tell of what was acknowledged and not stored.
		{duplicates, `known && (first.message == r.ID && r.ID != "" || first.group`, `known && (first.group`, "a duplicate in another group is stored"},
		{duplicates, `first.group == group && now.Sub(first.began) < interval`, `first.group == group`, "a message behind the interval is swallowed"},
		{duplicates, `case !strings.EqualFold(name, DeduplicationID):`, `case name != DeduplicationID:`, "a deduplication id in another spelling is a mere attribute"},
		{duplicates, `case !l.FIFO:`, `case false:`, "a deduplication id on a standard queue is an attribute"},
		{toQueues, `if err == nil && may != "" {`, `if false {`, "a queue swallows nothing"},
		{toTopics, `if err == nil && may != "" {`, `if false {`, "a topic swallows nothing"},
		{toTables, `	if same {`, `	if same && false {`, "a put that changes nothing is stored"},
		{toMachines, `_, known := p.started.LoadOrStore(name, true); known {`, `_, known := p.started.LoadOrStore(name, true); known && false {`, "an execution is started twice under one name"},

		// NATS: what a stream, and a cluster, says of what it has.
		{natsSubjects, `	if !slices.ContainsFunc(subjects, `, `	if false && !slices.ContainsFunc(subjects, `, "an address by which nothing can come is listened at"},
		{natsSubjects, `	case c.AllowMsgSchedules:`, `	case false:`, "a stream of schedules is listened to on its subject"},
		{natsSubjects, `			case f.Destination != "":`, `			case false:`, "a mirror's transform changes no subject"},
		{natsTap, `acks = "$JS.ACK."`, `acks = "$NO.ACK."`, "a delivery to a consumer is a message"},
		{natsReading, `	if here > l.through+1 && (`, `	if false && (`, "what was discarded before a message was read is no gap"},
		{natsReading, `(l.whole || l.waiting || meta.NumPending > 0 || l.cut())`, `(true)`, "a stream that deletes all the time is one long gap"},
		{natsProofs, `if end > l.through && (l.whole || l.waiting || cut) {`, `if false {`, "what was discarded behind the last message is no gap"},
		{natsProofs, `	if m := info.Config.Mirror; len(gone) > 0 &&`, `	if m := info.Config.Mirror; false &&`, "what a mirror leaves out is a gap"},
		{natsIdentity, `|| info.State.LastSeq < through`, `|| through == 1<<63`, "a stream that ends before what was read is the same"},
		{natsIdentity, `	if known.number == 0 {`, `	if known.number >= 0 {`, "messages of two streams of one name have one identity"},
		{natsIdentity, `	case !now.Time.Equal(last.Time):`, `	case now.Time.IsZero():`, "a restored stream that has grown again is the same"},
		{natsMessages, `if _, marker := e.Headers[markerHeader]; !marker || len(e.Body) > 0 {`, `{`, "a server's own marker is an event"},
		{natsCluster, `	if c.a.alone || len(c.members) == 0`, `	if true || len(c.members) == 0`, "a listener is live at its own server only"},
		{natsCluster, `			c.lost = true
`, ``, "a server that is lost is no gap"},
		{natsCluster, `probe.Header.Set(harness.CanaryHeader, prefix)`, `probe.Header.Set("x"+harness.CanaryHeader, prefix)`, "what a listener sends to itself is an event"},
		{natsStoring, `	case ack.Duplicate:`, `	case false:`, "a duplicate that was not stored was"},
		{natsStoring, `ok && api.ErrorCode == codeInProcess`, `ok && false && api.ErrorCode == codeInProcess`, "an id that is in process is an error"},
		{natsStoring, `	if c.NoAck {`, `	if false {`, "a stream that acknowledges nothing is sent to"},
		{natsStoring, `[batchHeader]; batch {`, `[batchHeader]; batch && false {`, "a part of a batch is an event"},
		{natsStoring, `	case !s.bySubject:`, `	default:`, "a listener to the subject knows what a stream calls a message"},
		{natsStoring, `[incrementHeader]; !counts {`, `[incrementHeader]; !counts || true {`, "a counter cannot be sent to"},
		{natsOutlet, `	if o.left > 0 {`, `	if true {`, "what others write is of the event"},
		{natsOutlet, `	if size < large {`, `	if true {`, "a large event had left when it began to"},
		{natsPositions, `	if len(l.passed) > 0 {`, `	if false {`, "what may have been discarded is forgotten by whoever goes on"},
		{natsPositions, `	return l.recognise(ctx, "")`, `	return ctx.Err()`, "a listener goes on in whatever stream there is"},
		{natsTraits, `remembers || !a.bySubject && !a.wildcard()`, `true || a.wildcard()`, "subjects of streams and wildcards tell an order"},

		// Kafka: what brokers really do, of which no client tells.
		{kafkaReading, `	const committed = 1`, `	const committed = 0`, "what is not committed is an event"},
		{kafkaReading, `	if holed {`, `	if false {`, "what compaction removed unread is no gap"},
		{kafkaReading, `EndOffset; end >= 0 {`, `EndOffset; end > 1<<62 {`, "what a leader took back is no gap where it tells of it"},
		{kafkaReading, `	if records.Err != nil {`, `	if records.Err != nil && next == a.Next {`, "what cannot be read is passed over"},
		{kafkaReading, `		if r.Offset < a.Again {`, `		if false {`, "a record in the place of one that was taken back is a redelivery"},
		{kafkaReading, `	if !a.Told || end < a.Next {`, `	if !a.Told {`, "what was taken back before anything was read is no gap"},
		{kafkaCluster, ` || p.epoch == known.epoch && p.inSync < known.inSync`, ``, "a broker that is behind tells that all replicas are in sync"},
		{kafkaProofs, `		if p.inSync >= need {`, `		if p.inSync >= need || true {`, "a proof is given while replicas are missing"},
		{kafkaProofs, `		case end < had.next[n]:`, `		case false:`, "an end that is before what was read is no gap"},
		{kafkaTopics, `		if !l.left[id] && (l.topic`, `		if (l.topic`, "a broker that is behind has a listener go back to an earlier topic"},
		{kafkaTopics, `		case p.epoch >= known.epoch:`, `		default:`, "a broker that is behind tells of an earlier leader"},
		{kafkaSending, `	case l.dialer.out.answered():`, `	case true:`, "what a topic made anew has perhaps taken is sent again"},
		{kafkaSending, `	if !l.sure || l.dialer.out.named() {`, `	if !l.sure {`, "what is sent by the name of a topic made anew has an identity of the old one"},
		{kafkaRecords, `	if id != (topicID{}) {`, `	if id != (topicID{}) && false {`, "records of two topics of one name have one identity"},

		// What a recorder and the readers of shards hand on.
		{captured, `since = l.looked.Add(-r.span)`, `since = l.looked`, "a gap that a row tells of begins when the row was written"},
		{captured, `since.IsZero() || late.Before(since)`, `since.IsZero()`, "a row that cannot be read and came late is a gap of the last moment"},
		{captured, `l.start, l.floor = l.start.Add(-back), l.floor.Add(-back)`, `_ = back`, "a clock that was set back hides events from a Sync"},
		{bridge, `if !seen && !cut {`, `if !seen && false {`, "a canary of a recorder does not wait for what was published before it"},
		{bridge, `return !b.cut.IsZero() &&`, `return false &&`, "a recorder whose connection was lost proves what it cannot have seen"},
		{witness, `if sightingOf(at.Value).canary == "" { // which`, `if true { // which`, "a recorder forgets canaries that are late"},
		{witness, `if w.dropped[sum] > 0 {`, `if false {`, "what a stream has late is recorded twice"},
		{packed, `!bytes.Equal(sum[:], packed[end:])`, `!bytes.Equal(sum[:], sum[:])`, "a packed record is taken apart whatever its checksum says"},
		{packed, `e.ID+":"+strconv.Itoa(i)`, `e.ID+":"+strconv.Itoa(0)`, "records that were packed together have one identity"},
		{packed, `case key >= uint64(len(keys)):`, `case key > uint64(len(keys)):`, "a packed record may name a key that is not there"},
		{recorded, `d.gap = record.Gap.Error()`, `_ = record.Gap.Error()`, "a recorder takes what cannot be taken apart for an event without a body"},
		{reading, `r.sink.Gap(c.level.Add(-r.bound), record.Event.Seen`, `r.sink.Gap(record.Event.Seen, record.Event.Seen`, "a record that cannot be read came when it was read"},
		{reading, `	case !c.behind:
		c.level`, `	default:
		c.level`, "a shard that was not read to its end was"},

		// What reports tell.
		{readBack, `math.Round(seconds * float64(time.Second))`, `math.Round(seconds*1e6) * 1e3`, "times are read back to the microsecond"},
		{oneClock, `return began.Add(t.Sub(began)).Round(0)`, `return t`, "times of a run are told by whatever clock there was"},

		// Where another listener goes on.
		{positions, `		c.from.After = was.After`, `		c.from.Horizon = true`, "a shard is read again from its beginning"},
		{positions, `	if !known {
		c.from.Horizon = true`, `	if !known {
		c.from.Horizon = false`, "a shard that is new is read from its end"},
		{positions, `e.Stamp.Add(e.Resolution).Before(c.since)`, `e.Stamp.IsZero()`, "what was there before the first listener is captured by another"},
		{positions, `c.tip.Add(-r.bound - resolution); s.After`, `c.tip; s.After`, "what came at the last moment is passed over"},
		{positions, `	if p.Stream != stream {`, `	if false {`, "a stream that was made anew is the old one"},
		{positions, `at.At.Before(kept) {`, `at.At.Before(kept) && false {`, "what a stream keeps no longer is no gap"},
		{positions, `r.cursors[id] == nil && !was.Ended`, `r.cursors[id] == nil && was.Ended`, "a shard that is gone is no gap"},
		{rowsPositions, `if all := newest.Add(-retries - sweep);`, `if all := newest;`, "a row that the recorder retried is never read"},
		{rowsPositions, `key >= first && key != l.taking`, `key >= first`, "a row that is not captured yet is taken for read"},
		{rowsPositions, `		l.seen[key] = struct{}{}`, `		_ = key`, "rows are captured again by another listener"},
		{rowsPositions, `kept > 0 && at.At.Before(until)`, `kept < 0 && at.At.Before(until)`, "rows that were deleted are no gap"},

		// What is said of addresses and keys before anything is sent.
		{buses, `if name == "numeric" && isRange(r[name]) {`, `if name == "numeric" && false {`, "nobody says that a range leaves numbers out"},
		{buses, `exact.Cmp(printed) != 0`, `exact.Cmp(printed) > 1`, "nobody says that a number is left out"},
		{keys, `	if !ok {
		return itemKey{}, fmt.Errorf("the key %q is`, `	if !ok && false {
		return itemKey{}, fmt.Errorf("the key %q is`, "a key without its sort part is looked for"},

		// What HTTP repeats, and what it leaves unsaid.
		{requests, `t.again = t.again || t.on`, `t.again = t.on == nil && t.on`, "what net/http sends again was received once"},
		{requests, `case int64(len(body)) > c.address.largest:`, `case false:`, "an answer that is too large is cut"},
		{resources, `tag != "" && w.proving.Load() == 0 {`, `tag != "" {`, "a proof rests on the system's word that nothing has changed"},
		{resources, `!strings.HasPrefix(tags[0], "W/")`, `!strings.HasPrefix(tags[0], "X/")`, "a weak tag is relied on"},
		{streamed, `if !l.client.address.replay || l.last == "" ||`, `if l.last == "" ||`, "a server that takes an id is taken to send what was missed"},
		{streamed, `l.last == "" || l.nameless {`, `l.last == "" {`, "what has no id and may come again is another event"},
		{streamed, `from := l.before.Add(`, `from := l.complete.Add(`, "a gap begins when an event was over that is lost"},
		{streamed, `if !l.client.address.bounded {`, `if false {`, "silence on a stream proves that nothing is under way"},
	}
}
