package scenario

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestReports runs every scenario without a tracer: a helper that is wrong about
// itself would make a right tracer look wrong, or the other way round.
func TestReports(t *testing.T) {
	kerneltest.RequireRoot(t)
	for _, s := range All() {
		t.Run(s.ID, func(t *testing.T) {
			if s.ID == "T06" {
				requireCoreFile(t)
			}
			kerneltest.CheckLeaks(t)
			report := run(t, s.ID)
			checkSelves(t, s.ID, report)
			if want, ok := expected[s.ID]; ok {
				checkBorn(t, report, want.born)
				checkEnds(t, report, want.ends)
			}
			if check, ok := special[s.ID]; ok {
				check(t, report)
			} else if _, ok := expected[s.ID]; !ok {
				t.Error("nothing is expected of this scenario")
			}
			checkNobodyLeft(t, report)
		})
	}
}

func run(t *testing.T, id string) kerneltest.Report {
	t.Helper()
	var args []string
	switch id {
	case "T01", "T02", "T05", "N05":
		args = []string{fmt.Sprint(times)}
	case "T04":
		args = []string{"20"}
	}
	h := Start(t, id, args...)
	h.Go()
	report := h.Wait()
	main, ok := report.Find("self", "main")
	if !ok {
		t.Fatalf("report: %+v, want what main says of itself", report)
	}
	if main.PID != h.PID() || main.PPID != os.Getpid() {
		t.Errorf("main: pid %d parent %d, want %d and %d", main.PID, main.PPID, h.PID(), os.Getpid())
	}
	return report
}

// requireCoreFile skips the test where a dump does not go to a file in the
// process's directory: a pipe to another program may not count as a core.
func requireCoreFile(t *testing.T) {
	t.Helper()
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(string(pattern), "|") {
		t.Skipf("core dumps are piped to a program: core_pattern is %q", pattern)
	}
}

// checkSelves checks what holds for whatever a process says of itself.
func checkSelves(t *testing.T, id string, report kerneltest.Report) {
	t.Helper()
	seen := map[string]bool{}
	for _, self := range report.All("self") {
		if seen[self.Role] {
			t.Errorf("%s: told twice", self.Role)
		}
		seen[self.Role] = true
		if self.PID <= 0 || self.Start == 0 || self.PIDNS == 0 {
			t.Errorf("%s: %+v, want a PID, a start and a namespace", self.Role, self)
		}
		if len(self.PIDs) == 0 || self.PIDs[0] != self.PID {
			t.Errorf("%s: PIDs %v, want a chain that begins with %d", self.Role, self.PIDs, self.PID)
		}
		if !strings.HasPrefix(string(self.Comm), "pn-"+id) {
			t.Errorf("%s: name %q, want the prefix %q", self.Role, self.Comm, "pn-"+id)
		}
	}
}

func checkBorn(t *testing.T, report kerneltest.Report, want map[string]string) {
	t.Helper()
	selves := report.All("self")
	if len(selves) != len(want)+1 {
		t.Fatalf("processes: %+v, want main and %v", selves, want)
	}
	for role, parent := range want {
		self, ok := report.Find("self", role)
		if !ok {
			t.Fatalf("%s: not told", role)
		}
		if of, _ := report.Find("self", parent); parent != "" && self.PPID != of.PID {
			t.Errorf("%s: parent %d, want %s, which is %d", role, self.PPID, parent, of.PID)
		}
	}
}

func checkEnds(t *testing.T, report kerneltest.Report, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for _, fact := range report {
		switch {
		case fact.Say == "wait" && fact.Signal != 0 && fact.Core:
			got[fact.Role] = fmt.Sprintf("signal %d core", fact.Signal)
		case fact.Say == "wait" && fact.Signal != 0:
			got[fact.Role] = fmt.Sprintf("signal %d", fact.Signal)
		case fact.Say == "wait" || fact.Say == "exit":
			got[fact.Role] = fmt.Sprintf("exit %d", fact.Code)
		}
	}
	for role, end := range want {
		if end == "unwaited" { // checkNobodyLeft sees that it is gone
			got[role] = end
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("ends: %v, want %v", got, want)
	}
}

// checkNobodyLeft checks that no process of the scenario lives on. Its end of the
// report's pipe is closed a moment before a process is dead.
func checkNobodyLeft(t *testing.T, report kerneltest.Report) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Second)
	for _, self := range report.All("self") {
		for lives(self) {
			if time.Now().After(deadline) {
				t.Errorf("%s: process %d lives on", self.Role, self.PID)
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// lives goes by PID and start together, since the PID may be a stranger's by now.
func lives(self kerneltest.Fact) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", self.PID))
	if err != nil {
		return false
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	return len(fields) < 20 || (fields[19] == fmt.Sprint(self.Start) && fields[0] != "Z")
}
