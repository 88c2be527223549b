package story_test

import (
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// Ancestors of one kind, as deep nesting has them, are told together; nobody else is.
func TestManyAncestors(t *testing.T) {
	up := func(pid int32, comm, role string) report.Ancestor {
		return report.Ancestor{Ref: ref(pid, comm), Role: role}
	}
	chain := func(n int) *report.Life {
		l := &report.Life{Node: report.Node{Process: sh(), State: report.Live, Certainty: report.Confirmed}}
		l.Ancestors = append(l.Ancestors, up(90, "sh", ""))
		for i := range n {
			l.Ancestors = append(l.Ancestors, up(int32(80-i), "unshare", "PID 1 of its namespace"))
		}
		l.Ancestors = append(l.Ancestors, up(40, "unshare", ""), up(1, "systemd", "the host's init"))
		return l
	}
	for n, wants := range map[int][]string{
		4:  {"That is a child of 78 unshare, PID 1 of its namespace.", "That is a child of 77 unshare, PID 1 of its namespace."},
		5:  {"That is a child of 80 unshare, PID 1 of its namespace.", "Above that are 4 more like it, each a child of the next, up to 76 unshare."},
		31: {"Above that are 30 more like it, each a child of the next, up to 50 unshare."},
	} {
		text := tell(t, chain(n))
		wants = append(wants, "It is a child of 90 sh.", "That is a child of 40 unshare.", "That is a child of 1 systemd, the host's init.")
		for _, want := range wants {
			if strings.Count(text, want) != 1 {
				t.Errorf("%d: %q is not there once:\n%s", n, want, text)
			}
		}
		if got := strings.Count(text, "is a child of "); n > 4 && got != 4 {
			t.Errorf("%d: %d parents are told one by one, want 4:\n%s", n, got, text)
		}
	}
}
