package phases

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
	"github.com/ptrace-ns/ptrace-ns/events/phrase"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// Tolerance says from when on a phase counts as slower or faster.
type Tolerance struct {
	Ratio   float64 // how many times as long, at least
	AtLeast uint64  // and by how many nanoseconds
}

// Compare returns what is different in two starts. Of the ends it compares, where
// both are seen, how they came about, and not the clearing up, of which a stream that
// was stopped lacks the last.
func Compare(a, b *report.Timeline, o Tolerance) *report.Difference {
	d := &report.Difference{A: a, B: b}
	sa, sb := newSequence(a), newSequence(b)
	// Where one does not know who made it, that is no difference.
	if a.Runtime != "" && b.Runtime != "" {
		add(d, "", "runtime", a.Runtime, b.Runtime)
	}
	if a.Genealogy != "" && b.Genealogy != "" {
		add(d, "", "genealogy", a.Genealogy, b.Genealogy)
	}
	for _, key := range sa.keys {
		if fb, ok := sb.phases[key]; ok {
			one := differ{d, key, sa, sb}
			one.phase(sa.phases[key], fb)
			continue
		}
		lacking(d, key, "missing", sa, sb)
	}
	for _, key := range sb.keys {
		if _, ok := sa.phases[key]; !ok {
			lacking(d, key, "added", sb, sa)
		}
	}
	order(d, sa, sb)
	timings(d, sa, sb, o)
	return d
}

// sequence is a timeline by the keys of its phases: the name and, where there are
// several, which of them; of signals which they are.
type sequence struct {
	*report.Timeline
	normal
	keys   []string
	phases map[string]*report.Phase
}

func newSequence(t *report.Timeline) *sequence {
	s := &sequence{Timeline: t, normal: newNormal(t), phases: map[string]*report.Phase{}}
	for i := range t.Phases {
		f := &t.Phases[i]
		if !compared(t, f) {
			continue
		}
		name := f.Name
		if f.Part == string(helper) {
			name += " " + f.Program
			if aside(f) {
				name += " by time"
			}
		}
		if f.Signal != nil {
			name += " " + signalKey(f.Signal)
		}
		key := name
		for n := 2; s.phases[key] != nil; n++ {
			key = name + " " + strconv.Itoa(n)
		}
		s.phases[key] = f
		s.keys = append(s.keys, key)
	}
	return s
}

// signalKey is what signals are paired by: which it was and, where nobody sent it of his
// own will, what made it.
func signalKey(d *events.SignalDetail) string {
	key := names.Signal(d.Signal)
	if d.Origin != events.OriginUser && d.Origin != events.OriginUnknown {
		key += " " + d.Origin.String()
	}
	return key
}

// compared are the phases of the start, and of the end those that say how it came. A
// signal in the run ends nothing.
func compared(t *report.Timeline, f *report.Phase) bool {
	if f.Section == report.Starting {
		return true
	}
	if t.EndedNS == 0 || f.Section != report.Stopping {
		return false
	}
	return f.Name == "signal" || f.Name == "exit" || f.Name == "reaped"
}

// lacks says why a phase need not be missing: the stream does not show whether it was
// there.
func (s *sequence) lacks(f *report.Phase) (why string, unknown bool) {
	if f.Section != report.Starting && s.EndedNS == 0 {
		return "the end is not in the stream", true
	}
	if aside(f) {
		return "only time ties it to the start", true
	}
	for _, a := range s.Absent {
		// No record of the kernel ties who asked to what a daemon then does.
		if (a.Why != whyNotSeen || a.Phase == "asked") && (a.Phase == f.Name || a.Phase == "start" && f.Section == report.Starting) {
			return a.Why, true
		}
	}
	return "", false
}

// aside reports whether it is what a daemon ran, which no record of the kernel ties to the
// start: whether it is known whose it is may differ by chance, and its address does.
func aside(f *report.Phase) bool { return f.Part == string(helper) && f.Link != "" }

type differ struct {
	*report.Difference
	key  string
	a, b *sequence
}

func (d *differ) say(what, a, b string) { add(d.Difference, d.key, what, a, b) }

func add(d *report.Difference, phase, what, a, b string) {
	if a != b {
		d.Changes = append(d.Changes, report.Change{Phase: phase, What: what, A: a, B: b})
	}
}

// phase compares what both did.
func (d *differ) phase(a, b *report.Phase) {
	d.Compared++
	// Once for each process: what else it did is told without them.
	if !a.Moment || a.Name == "entrypoint" || a.Name == "first_child" {
		d.say("process", d.a.text(a.Program), d.b.text(b.Program))
		// Of several of one program they are the first one's, which may be any.
		if !aside(a) {
			d.say("arguments", d.a.args(a.Args), d.b.args(b.Args))
		}
		if inside(a.Parent) || inside(b.Parent) {
			d.say("parent", d.a.who(a.Parent), d.b.who(b.Parent))
		}
		d.say("creator", d.a.who(a.Creator), d.b.who(b.Creator))
	}
	d.say("reparented", d.a.moved(a), d.b.moved(b))
	d.say("namespaces", flagNames(a.Flags), flagNames(b.Flags))
	if a.Name == "entrypoint" {
		d.say("namespaces", strings.Join(d.a.Namespaces, " "), strings.Join(d.b.Namespaces, " "))
		d.say("joined", strings.Join(d.a.Joined, " "), strings.Join(d.b.Joined, " "))
	}
	d.say("via", a.Via, b.Via)
	d.say("cgroup", d.a.text(a.Cgroup), d.b.text(b.Cgroup))
	d.say("root", d.a.text(a.NewRoot), d.b.text(b.NewRoot))
	d.say("signal", d.a.signal(a), d.b.signal(b))
	if a.EndNS != 0 && b.EndNS != 0 || a.Moment {
		d.say("exit", status(a.Exit), status(b.Exit))
	}
}

// inside reports whether a parent belongs to the machinery of containers. Which shell
// somebody called it from does not.
func inside(r events.Ref) bool {
	name, _, _ := strings.Cut(r.Comm, ":")
	return r.Key.PID == 1 || container.RoleOf(&events.Process{Exe: name}).Name != ""
}

func (n normal) moved(f *report.Phase) string {
	if f.Reparent == nil {
		return ""
	}
	return fmt.Sprintf("from %s to %s (%s)", n.who(f.Reparent.From), n.who(f.Reparent.To), f.Reparent.Reason)
}

func (n normal) signal(f *report.Phase) string {
	if f.Signal == nil {
		return ""
	}
	d := *f.Signal
	// A thread's number is another in each run.
	d.SenderTID, d.SenderLives = 0, false
	return phrase.Names(n.who).Signal(&d, f.Process.Key)
}

func status(s *events.ExitStatus) string {
	switch {
	case s == nil:
		return ""
	case s.Signal != 0:
		return names.Signal(s.Signal)
	}
	return strconv.Itoa(s.Code)
}

func flagNames(flags uint64) string {
	var b []byte
	for _, flag := range names.CloneFlags(flags) {
		b = append(names.AppendCloneFlag(b, flag), ' ')
	}
	return strings.TrimSpace(string(b))
}

// order compares in which order each process did its own. What several do side by
// side comes in any order, and so does what is done to a process.
func order(d *report.Difference, a, b *sequence) {
	for _, who := range []part{client, shim, runtime, initial} {
		oa, ob := a.order(who, b), b.order(who, a)
		if !slices.Equal(oa, ob) {
			add(d, "", "order", strings.Join(oa, ", "), strings.Join(ob, ", "))
		}
	}
}

// order lists the phases of one process that the other sequence has, too.
func (s *sequence) order(who part, other *sequence) (keys []string) {
	for _, key := range s.keys {
		f := s.phases[key]
		if f.Part == string(who) && f.Section == report.Starting && f.Name != "init_reparented" && other.phases[key] != nil {
			keys = append(keys, key)
		}
	}
	return keys
}

func timings(d *report.Difference, a, b *sequence, o Tolerance) {
	note := func(phase string, was, is uint64) {
		low, high := min(was, is), max(was, is)
		if high-low >= max(o.AtLeast, 1) && float64(high) >= o.Ratio*float64(low) {
			d.Timings = append(d.Timings, report.Timing{Phase: phase, ANS: was, BNS: is})
		}
	}
	if a.RunsNS > a.BeganNS && b.RunsNS > b.BeganNS && a.BeganNS != 0 && b.BeganNS != 0 {
		note("start", a.RunsNS-a.BeganNS, b.RunsNS-b.BeganNS)
	}
	for _, key := range a.keys {
		fa, fb := a.phases[key], b.phases[key]
		if fb == nil || fa.Section != report.Starting || fa.Moment || fb.Moment || fa.EndNS == 0 || fb.EndNS == 0 {
			continue
		}
		note(key, fa.EndNS-fa.BeginNS, fb.EndNS-fb.BeginNS)
	}
}

// lacking tells a phase that only one has.
func lacking(d *report.Difference, key, what string, has, not *sequence) {
	f := has.phases[key]
	change := report.Change{Phase: key, What: what}
	text := has.args(f.Args)
	if f.Signal != nil {
		text = has.signal(f)
	}
	other := ""
	why, unknown := not.lacks(f)
	if unknown {
		other = why
	}
	if change.A, change.B = text, other; what == "added" {
		change.A, change.B = other, text
	}
	if unknown {
		d.Unknown = append(d.Unknown, change)
	} else {
		d.Changes = append(d.Changes, change)
	}
}
