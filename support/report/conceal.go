// Taking out what must not be shown, once for all formats.

package report

// Conceal takes what must not be shown out of all texts that the run, and not the feature, has put into the scenario. shown
// returns a text without it.
func (s *Scenario) Conceal(shown func(string) string) {
	text := func(at *string) { *at = shown(*at) }
	text(&s.Reason)
	for i := range s.Remarks {
		text(&s.Remarks[i])
	}
	for i := range s.Steps {
		text(&s.Steps[i].Reason)
	}
	for i := range s.Log {
		text(&s.Log[i].Text)
	}
	for i := range s.Produced {
		p := &s.Produced[i]
		text(&p.Error)
		concealed(&p.Sent.Key, &p.Sent.Body, p.Sent.Headers, shown)
	}
	for _, captures := range [][]Captured{s.Captured, s.Nobodys} {
		for i := range captures {
			e := &captures[i].Seen
			concealed(&e.Key, &e.Body, e.Headers, shown)
		}
	}
	for i := range s.Waits {
		s.Waits[i].conceal(text)
	}
}

func concealed(key *string, body *[]byte, headers map[string]string, shown func(string) string) {
	*key = shown(*key)
	*body = []byte(shown(string(*body)))
	for name, value := range headers {
		headers[name] = shown(value)
	}
}

func (w *Wait) conceal(text func(*string)) {
	text(&w.Want)
	text(&w.Reason)
	for i := range w.Asked {
		text(&w.Asked[i].Want)
	}
	for i := range w.Nearest {
		for k := range w.Nearest[i].Misses {
			text(&w.Nearest[i].Misses[k].Got)
			text(&w.Nearest[i].Misses[k].Want)
		}
	}
	for i := range w.Proofs {
		text(&w.Proofs[i].Error)
	}
}
