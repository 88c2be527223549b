package tracks

import (
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
)

func (r *Recorder) mark(m *Mark) {
	m.At = max(m.At, m.Track.at)
	m.Track.at = m.At
	if r.err == nil {
		r.err = r.put(m)
	}
}

func (r *Recorder) begin(t *Track, at uint64, category, name string, facts []Fact, in uint64) {
	t.open++
	r.mark(&Mark{Track: t, At: at, Phase: Begin, Category: category, Name: name, Facts: facts, In: in})
}

// end ends the innermost slice, if there is one.
func (r *Recorder) end(t *Track, at uint64, facts []Fact) {
	if t.open == 0 {
		return
	}
	t.open--
	r.mark(&Mark{Track: t, At: at, Phase: End, Facts: facts})
}

func (r *Recorder) instant(t *Track, at uint64, category, name string, facts []Fact) {
	r.mark(&Mark{Track: t, At: at, Phase: Instant, Category: category, Name: name, Facts: facts})
}

// flow draws an arrow from one instant to another. Both have the same time; that the
// first comes first tells the direction.
func (r *Recorder) flow(from, to *Mark) {
	if from.Track == to.Track {
		r.mark(to)
		return
	}
	r.lastFlow++
	from.Phase, from.Out, to.In = Instant, r.lastFlow, r.lastFlow
	// A track's time never goes back, and an arrow neither.
	from.At = max(from.At, from.Track.at)
	to.At = max(to.At, from.At)
	r.mark(from)
	r.mark(to)
}

// word is a fact whose value came from the kernel or from a file.
func word(name, value string) Fact {
	if value == "" {
		return Fact{Name: name}
	}
	return Fact{Name: name, Text: words.Name(value)}
}

func number(name string, n int64) Fact { return Fact{Name: name, Number: n} }

// known leaves out what is not known: texts that are empty and numbers that are 0.
func known(facts ...Fact) []Fact {
	kept := facts[:0]
	for _, f := range facts {
		if f.Text != "" || f.Number != 0 {
			kept = append(kept, f)
		}
	}
	return kept
}

func inum(id events.NSID) string { return strconv.FormatUint(uint64(id.Inum), 10) }
