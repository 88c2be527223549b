package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

func TestMoment(t *testing.T) {
	began := time.Date(2026, 11, 22, 23, 50, 0, 0, time.Local)
	const start = 1_000_000_000
	h := &events.Header{BootTimeNS: began.UnixNano() - start, StartNS: start}
	for text, want := range map[string]time.Duration{
		"0s": 0, "1.5s": 1500 * time.Millisecond, "-1s": -time.Second,
		"23:50:01.25": 1250 * time.Millisecond, "23:51": time.Minute, "00:10:00": 20 * time.Minute,
		"2026-11-22 23:50:02": 2 * time.Second,
		began.Add(3 * time.Second).UTC().Format(time.RFC3339Nano): 3 * time.Second,
	} {
		m, err := parseMoment("at", text)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := m.bootNS(h); got != uint64(start+want) {
			t.Errorf("%s: got %d, want %d", text, got, start+want)
		}
	}
	for _, text := range []string{"", "x", "25:00", "1 s", "-1"} {
		if _, err := parseMoment("at", text); exitCode(err) != exitUsage {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestMomentBeyond(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"5s", "1s", true}, {"1s", "5s", false}, {"1s", "1s", false}, {"7", "6", true}, {"6", "7", false}, {"5s", "3", false}, {"3", "1ms", false},
		{"2026-11-22 23:50:02", "2026-11-22 23:50:01", true}, {"2026-11-22 23:50:02", "1s", false}, {"23:50", "00:10", false},
	} {
		from, err := parseMoment("from", c.from)
		to, failed := parseMoment("to", c.to)
		if err != nil || failed != nil {
			t.Fatal(err, failed)
		}
		if got := from.beyond(to); got != c.want {
			t.Errorf("--from %s --to %s: beyond %t", c.from, c.to, got)
		}
	}
}

func TestSpan(t *testing.T) {
	h := &events.Header{StartNS: 100}
	at := func(text string) moment {
		if text == "" {
			return moment{}
		}
		m, err := parseMoment("from", text)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	late := uint64(100 + 3*disorder)
	for _, c := range []struct {
		from, to            string
		seq, ns             uint64
		before, after, ends bool
	}{
		{"", "", 1, 1, false, false, false},
		{"3", "5", 2, 0, true, false, false},
		{"3", "5", 3, 0, false, false, false},
		{"3", "5", 5, 0, false, false, false},
		{"3", "5", 6, 0, false, true, true},
		{"5ns", "9ns", 1, 104, true, false, false},
		{"5ns", "9ns", 1, 109, false, false, false},
		{"5ns", "9ns", 1, 110, false, true, false},
		{"5ns", "9ns", 1, late, false, true, true},
	} {
		s := newSpan(at(c.from), at(c.to), h)
		ev := &events.Event{Seq: c.seq, BootNS: c.ns}
		if s.before(ev) != c.before || s.after(ev) != c.after || s.ends(ev) != c.ends {
			t.Errorf("%+v: before %t, after %t, ends %t", c, s.before(ev), s.after(ev), s.ends(ev))
		}
	}
}

// Who asks for one that has ended is told so, and who asks for a moment that no event
// came after, too.
func TestLookBeyond(t *testing.T) {
	path := recorded(t, family())
	for _, c := range []struct {
		args, says string
		code       int
	}{
		{"tree 10 -r", "had ended when the recording ended: exited 0, ", 1},
		{"tree 10 --exited -r", "", 0},
		{"tree 10 --at 6 -r", "", 0},
		{"tree --at 10h -r", "last event, ", 0},
		{"namespaces --at 99999 -r", "last event, ", 0},
		{"lineage 12 --at 10h -r", "last event, ", 0},
		{"tree --at 1ms -r", "", 0},
	} {
		r := (&fake{}).execute(t, nil, append(strings.Fields(c.args), path)...)
		said := r.errOut
		if r.err != nil {
			said += r.err.Error()
		}
		if r.code != c.code || !strings.Contains(said, c.says) || c.says == "" && said != "" {
			t.Errorf("%s: code %d, said %q", c.args, r.code, said)
		}
	}
}

// A moment in which nothing happened is within the recording where more comes after it:
// no warning, and what there is has been so until then.
func TestLookIntoAGap(t *testing.T) {
	all := family()
	for i, ev := range all {
		if ev.BootNS = uint64(i+1) * 1_000_000; i > 20 {
			ev.BootNS += 5_000_000_000 // all after the end of 12, the PID 1 of 77
		}
	}
	path := recorded(t, all)
	for _, c := range []struct {
		args, says string
		code       int
	}{
		{"tree --at 3s -r", "12→1", 0},
		{"tree 10 --at 3s -r", "had ended at that moment: exited 0, 3 s before", 1},
		{"tree 10 --at 10h -r", "had ended when the recording ended: exited 0, 5 s before", 1},
		{"namespaces --at 3s -r", "dying for 3 s:", 0},
		{"lineage 13 --at 3s -r", "13 sh", 0},
	} {
		r := (&fake{}).execute(t, func(a *app) { a.getenv = func(string) string { return "C.UTF-8" } }, append(strings.Fields(c.args), path)...)
		said := r.out
		if r.err != nil {
			said += r.err.Error()
		}
		if r.code != c.code || !strings.Contains(said, c.says) || strings.Contains(r.errOut, "last event") != strings.Contains(c.args, "10h") {
			t.Errorf("%s: code %d, said %q, warned %q", c.args, r.code, said, r.errOut)
		}
	}
	p := played(t, all, "3s")
	sc := p.Look(nil)
	if sc == nil || sc.NowNS != 3_000_000_001 || sc.Reel.At != sc.Reel.Total-4 {
		t.Errorf("top is at %+v", sc)
	}
	if m, _ := parseMoment("at", "3s"); p.past(m) != "" {
		t.Errorf("top says %q", p.past(m))
	}
}

// The look with which a recording opens takes a while, and shows what was there when it
// began: whoever asks for the first moments gets it whole. Before that nothing is known.
func TestLookAtBeginning(t *testing.T) {
	all := family()
	for i, ev := range all {
		ev.BootNS = uint64(i+10) * 1_000_000
	}
	path := recorded(t, all)
	whole := (&fake{}).execute(t, nil, "tree", "--at", "12.5ms", "-r", path)
	if n := strings.Count(whole.out, "\n"); whole.code != 0 || n != 3 {
		t.Fatalf("code %d, said %q, %d lines, want the three of the look\n%s", whole.code, whole.errOut, n, whole.out)
	}
	for _, c := range []struct{ at, says string }{
		{"0s", ""}, {"1ms", ""}, {"10.5ms", ""}, {"1", ""}, {"2", ""}, {"-1h", "the recording begins "},
	} {
		r := (&fake{}).execute(t, nil, "tree", "--at="+c.at, "-r", path)
		if r.code != 0 || r.out != whole.out || !strings.Contains(r.errOut, c.says) || c.says == "" && r.errOut != "" {
			t.Errorf("--at %s: code %d, said %q, shows\n%swant\n%s", c.at, r.code, r.errOut, r.out, whole.out)
		}
	}
}

// Users have names where the recording is of this machine since it booted, and numbers
// where it may be of another one.
func TestNamesOfUsers(t *testing.T) {
	all := family()
	all[0].Process.Full, all[0].Process.HasIDs = true, true
	path := filepath.Join(t.TempDir(), "all.zst")
	if r := (&fake{events: all, boot: "this"}).execute(t, nil, "watch", "-q", "-w", path); r.code != 0 {
		t.Fatal(r.err)
	}
	for boot, want := range map[string]string{"": "(0)", "another": "(0)", "this": "(root)"} {
		r := (&fake{}).execute(t, func(a *app) { a.boot, a.user = boot, func(uint32) string { return "root" } }, "tree", "-r", path)
		if r.code != 0 || !strings.Contains(r.out, want) {
			t.Errorf("on boot %q: code %d, %q, want %s", boot, r.code, r.out, want)
		}
	}
}
