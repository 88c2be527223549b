package words

import (
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// Awaited names the members that a namespace's PID 1 waits for, and their parents.
func Awaited(all []report.Waiting) string {
	if len(all) == 0 {
		return "a member that is not reaped"
	}
	var names []string
	for _, w := range all {
		names = append(names, Await(w))
	}
	return strings.Join(names, ", and for ")
}

// Await names one of them.
func Await(w report.Waiting) string {
	what := Ref(w.Process)
	if w.Zombie {
		what = "the zombie " + what
	}
	return what + ", whose parent " + Ref(w.Parent) + " lives outside"
}

// Unsure tells of members whose parents were outside that their reaping was not seen: a
// namespace's PID 1 waits in the kernel until they are reaped.
func Unsure(n int) string {
	return "whether " + Count(n, "member", "members") + " with parents outside " + map[bool]string{true: "was", false: "were"}[n == 1] + " reaped is not known"
}
