package difference_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/difference"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/internal/golden"
)

func sample(s string) *report.Difference {
	side := &report.Timeline{ID: s, Container: &events.Container{ID: s}, Runtime: s, BeganNS: 1, RunsNS: 300_000_001}
	return &report.Difference{
		A: side, B: side, Compared: 12,
		Changes: []report.Change{
			{What: "runtime", A: "docker", B: s}, {Phase: "helper " + s, What: "missing", A: s}, {Phase: "signal", What: "added", B: s},
			{Phase: "entrypoint", What: "arguments", A: `"` + s + `"`},
		},
		Unknown: []report.Change{{Phase: "root_pivoted", What: "missing", B: "not_recorded"}, {Phase: "cgroup_made", What: "added", A: "before"}},
		Timings: []report.Timing{{Phase: "start", ANS: 100_000_000, BNS: 250_000_000}, {Phase: "stage_2", ANS: 90_000_000, BNS: 30_000_000}, {Phase: "stage_1", BNS: 5}},
	}
}

func write(t testing.TB, d *report.Difference, color bool) string {
	t.Helper()
	var out bytes.Buffer
	if err := difference.Write(&out, d, difference.Options{Color: color}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGolden(t *testing.T) {
	same := sample("web")
	same.Changes, same.Unknown = nil, nil
	for name, got := range map[string]string{"different": write(t, sample("web"), false), "color": write(t, sample("web"), true), "same": write(t, same, false)} {
		golden.Check(t, "testdata/"+name+".golden", got)
	}
}

func FuzzStrings(f *testing.F) {
	for _, s := range []string{"sh", "a\nb", "\x1b]52;c;\x07", "\xff", "\u202e\u009b\u2028", "\x00", "\r"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := write(t, sample(s), false)
		if strings.Count(got, "\n") != strings.Count(write(t, sample("x"), false), "\n") {
			t.Errorf("lines are torn: %q", got)
		}
		if i := strings.IndexFunc(got, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }); i >= 0 {
			t.Errorf("%q", got[i:])
		}
	})
}
