package main

import (
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// TestCheckupText: a line for each check and one for each way to mend it, whatever the
// strings are.
func TestCheckupText(t *testing.T) {
	var b strings.Builder
	err := writeCheckup(&b, &report.Checkup{Verdict: report.Unusable, Checks: []report.Check{
		{Name: "kernel", Status: report.Found, Says: "Linux 6.1\x1b[2J\n"},
		{Name: "program", Of: "snapshot", Status: report.Missing, Says: "refused", Mend: "allow it"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := `found    kernel            Linux 6.1\x1b[2J\x0a
missing  program snapshot  refused
                           to mend it: allow it

not usable: tracing is not possible here
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestVerdictCodes(t *testing.T) {
	for verdict, code := range map[report.Verdict]int{report.Usable: 0, report.Degraded: 6, report.Unusable: 3} {
		err := verdictCode(verdict)
		if exitCode(err) != code || message(err) != "" || verdictWords[verdict] == "" {
			t.Errorf("%s: code %d and %q, want %d and nothing", verdict, exitCode(err), message(err), code)
		}
	}
}
