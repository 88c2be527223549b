package e2e

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

var schema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	return c.Compile("../../../docs/events.schema.json")
})

// likes is how many lines of one kind are held against the schema: where others
// make ten thousand processes a second, more would only take time.
const likes = 500

// checkSchema holds the lines against the public schema.
func (s stream) checkSchema() {
	s.t.Helper()
	schema, err := schema()
	if err != nil {
		s.t.Fatal(err)
	}
	seen := map[string]int{}
	for _, l := range s.lines {
		if seen[l.Event]++; seen[l.Event] > likes {
			continue
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(l.raw))
		if err == nil {
			err = schema.Validate(value)
		}
		if err != nil {
			s.t.Fatalf("%s%v", l.raw, err)
		}
	}
}

// mayBeHidden says that nobody may have seen the birth of a process with this parent:
// whom a PID 1 forks that the kernel hides is first heard of when he himself does
// something.
func mayBeHidden(t testing.TB, ppid int32) bool { return ppid == 1 && kerneltest.InitIsHidden(t) }

// logAbout shows all that the stream has of a PID.
func (s stream) logAbout(pid int32) {
	for _, l := range s.lines {
		if l.Process.PID == pid || l.Event == "lost" {
			s.t.Logf("seq %d: %s", l.Seq, l.raw)
		}
	}
}

// checkContract holds an unfiltered stream to what docs/events.md promises beyond
// the form of a line.
func (s stream) checkContract() {
	s.t.Helper()
	s.checkSchema()
	if s.header.Schema != events.Schema {
		s.t.Errorf("schema %q, want %q", s.header.Schema, events.Schema)
	}
	known, dead := map[string]bool{}, map[string]bool{}
	for i, l := range s.lines {
		if l.Seq != uint64(i+1) {
			s.t.Fatalf("line %d has seq %d: the stream has a gap", i+1, l.Seq)
		}
		s.checkCause(l)
		switch l.Event {
		case "snapshot", "fork":
			known[l.Process.ID] = true
		case "exit":
			if !known[l.Process.ID] && !mayBeHidden(s.t, l.Process.PPID) {
				s.t.Errorf("a process exits that was never there: line %d of %d, attached at %d: %s", i+1, len(s.lines), s.header.StartNS, l.raw)
				s.logAbout(l.Process.PID)
			}
			if dead[l.Process.ID] {
				s.t.Errorf("a process exits twice: %s", l.raw)
			}
			dead[l.Process.ID] = true
		}
		if l.Process != nil && len(l.Process.PIDs) > 0 && l.Process.PIDs[0].PID != l.Process.PID {
			s.t.Errorf("the chain does not begin with the PID: %s", l.raw)
		}
	}
	s.checkLatency()
}

func (s stream) checkCause(l line) {
	s.t.Helper()
	if k, _ := events.ParseKind(l.Event); !k.Derived() {
		if l.Cause != 0 {
			s.t.Errorf("an event of the kernel has a cause: %s", l.raw)
		}
		return
	}
	if l.Cause == 0 || l.Cause >= l.Seq {
		s.t.Errorf("cause is no earlier event: %s", l.raw)
	} else if cause := s.lines[l.Cause-1]; cause.BootNS != l.BootNS {
		s.t.Errorf("time is not the cause's: %s%s", cause.raw, l.raw)
	}
}

// checkLatency bounds how long events took from the kernel to the reader. The
// promise is 100 ms; on a machine where others work too only the usual delay can
// be judged.
func (s stream) checkLatency() {
	s.t.Helper()
	var took []time.Duration
	for _, l := range s.lines {
		if l.Event != "snapshot" && l.arrived > l.BootNS {
			took = append(took, time.Duration(l.arrived-l.BootNS))
		}
	}
	if len(took) == 0 {
		return
	}
	slices.Sort(took)
	if usual := took[len(took)*9/10]; usual > time.Second {
		s.t.Errorf("nine in ten of %d events took up to %s, want at most 1 s", len(took), usual)
	}
}
