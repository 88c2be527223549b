package tree

// gaps is since when records are missing.
type gaps struct {
	open bool
	lost bool // records were lost in it
	// sinceNS is when the first gap since the last whole look at all processes began; 0 is
	// not known, or none.
	sinceNS uint64
	lostNS  uint64 // when records were lost first; 0 is never
}

// begin notes a gap; 0 is one of which nobody knows when it began.
func (g *gaps) begin(sinceNS uint64) {
	if !g.open {
		g.open, g.sinceNS = true, sinceNS
	}
}

// lose notes that records were lost since then.
func (g *gaps) lose(sinceNS uint64) {
	g.begin(sinceNS)
	g.lost = true
	if g.lostNS == 0 {
		g.lostNS = max(sinceNS, 1)
	}
}

// close notes the end of a look at all processes, which shows what the gaps before it
// have hidden.
func (g *gaps) close(m *Model) {
	if m.gap == m.pass.gap {
		g.open, g.lost, g.sinceNS = false, false, 0
	}
}

// Missed reports whether records were lost since the last whole look at all processes, so
// that of those that are live some may have ended.
func (m *Model) Missed() bool { return m.gaps.lost }

// Lost reports whether records from that moment on may be missing because they were
// lost, and not because somebody wanted less.
func (m *Model) Lost(atNS uint64) bool { return m.gaps.lostNS != 0 && atNS >= m.gaps.lostNS }
