package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
)

// told lists the events of an NDJSON stream, as kind:pid, after its header.
func told(t *testing.T, stream string) string {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(stream, "\n"), "\n")
	var all []string
	for i, line := range lines {
		var doc struct {
			Event   string
			Process struct{ PID int }
		}
		if err := json.Unmarshal([]byte(line), &doc); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if (i == 0) != (doc.Event == "header") {
			t.Fatalf("line %d is %s", i+1, line)
		}
		if i > 0 {
			all = append(all, doc.Event)
		}
	}
	return strings.Join(all, " ")
}

func TestJSONTellsAll(t *testing.T) {
	f := &fake{events: append([]*events.Event{snapshot(9, 1), fork(10, 9), exit(10, 3), {Kind: events.SnapshotEnd}}, reaped(11)...)}
	r := f.execute(t, nil, "watch", "-o", "json", "-q", "--max-args", "4K", "--new-pidns=false")
	if r.code != 0 || r.err != nil {
		t.Fatal(r.err)
	}
	if got, want := told(t, r.out), "snapshot fork exit signal pidns_reap"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !strings.Contains(r.out, `"options":{"max-args":"4KiB","new-pidns":false,"output":"json","quiet":true}`) {
		t.Errorf("header: %s", r.out)
	}
	if !f.closed {
		t.Error("the tracer is still attached")
	}
}

func TestTextHidesWhatIsToldTwice(t *testing.T) {
	f := &fake{events: append([]*events.Event{snapshot(9, 1), fork(10, 9)}, reaped(11)...)}
	for args, want := range map[string]string{
		"":                     "fork pidns_reap",
		"-e +snapshot":         "snapshot fork pidns_reap",
		"-e signal,pidns_reap": "signal pidns_reap",
		"-e -fork":             "pidns_reap",
	} {
		r := f.execute(t, nil, append([]string{"watch", "-q"}, strings.Fields(args)...)...)
		got := regexp.MustCompile(`(?m)^\S+ .  ?(\w+)`).FindAllStringSubmatch(r.out, -1)
		var kinds []string
		for _, m := range got {
			if m[1] != "EVENT" {
				kinds = append(kinds, m[1])
			}
		}
		if s := strings.Join(kinds, " "); r.code != 0 || s != want {
			t.Errorf("%q: %d, got %q, want %q", args, r.code, s, want)
		}
	}
}

func TestSummary(t *testing.T) {
	f := &fake{
		events:  []*events.Event{fork(10, 9), exit(10, 0), exit(11, 0)},
		summary: summary{ByKind: map[events.Kind]counts{events.Exit: {Emitted: 5, Received: 3, Dropped: 2}}, BirthsNewtask: 1, BirthsFork: 1},
	}
	r := f.execute(t, nil, "watch")
	want := regexp.MustCompile(`(?m)^3 events \(exit 2, fork 1\), 2 lost, in .* [mun]?s\ncount identity holds: 5 emitted = 3 received \+ 2 dropped, 0 missed; births: 1 by task_newtask, 1 by sched_process_fork\n`)
	if r.code != 0 || !want.MatchString(r.errOut) {
		t.Errorf("%d: %s", r.code, r.errOut)
	}
	f.summary.BirthsNewtask, f.summary.BirthsFork = 0, 0
	if r := f.execute(t, nil, "watch"); r.code != 0 || !strings.Contains(r.errOut, "; births: none was counted\n") {
		t.Errorf("%d: %s", r.code, r.errOut)
	}
	f.summary.BirthsFork = 2
	if r := f.execute(t, nil, "watch"); r.code != exitIdentity || !strings.Contains(r.errOut, "DOES NOT HOLD") {
		t.Errorf("%d: %s", r.code, r.errOut)
	}
	f.summary.BirthsFork = 0
	f.summary.ByKind[events.Exit] = counts{Emitted: 5, Received: 3, Dropped: 1}
	if r := f.execute(t, nil, "watch", "-q"); r.code != exitIdentity || strings.Contains(r.errOut, "events") {
		t.Errorf("%d: %s", r.code, r.errOut)
	}
}

func TestEnds(t *testing.T) {
	f := &fake{lasts: true, events: []*events.Event{fork(10, 9), exit(10, 0), fork(11, 9)}}
	r := f.execute(t, nil, "watch", "-o", "json", "--max-events", "2", "-e", "fork")
	if got := told(t, r.out); r.code != 0 || got != "fork fork" {
		t.Errorf("max-events: %d, %s", r.code, got)
	}
	if r := f.execute(t, nil, "watch", "--timeout", "5ms"); r.code != 0 || !strings.Contains(r.errOut, "3 events") {
		t.Errorf("timeout: %d, %s", r.code, r.errOut)
	}
}

type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
}

func TestClosedPipeIsAnOrderlyEnd(t *testing.T) {
	f := &fake{lasts: true, events: []*events.Event{fork(10, 9)}}
	r := f.execute(t, func(a *app) { a.out = closedPipe{} }, "watch", "-o", "json")
	if r.code != 0 || !strings.Contains(r.errOut, "count identity") {
		t.Errorf("%d, %v, %s", r.code, r.err, r.errOut)
	}
}

func TestFile(t *testing.T) {
	f := &fake{events: append([]*events.Event{snapshot(9, 1), exit(10, 3)}, reaped(11)...)}
	path := filepath.Join(t.TempDir(), "events.ndjson")
	if r := f.execute(t, nil, "watch", "-w", path); r.code != 0 {
		t.Fatal(r.err)
	}
	stream, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := told(t, string(stream)), "snapshot exit signal pidns_reap trailer"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if r := f.execute(t, nil, "watch", "-w", path); r.code != exitFailed || !errors.Is(r.err, fs.ErrExist) {
		t.Errorf("an existing file: %d, %v", r.code, r.err)
	}
	link := path + ".link"
	if err := os.Symlink(path+".target", link); err != nil {
		t.Fatal(err)
	}
	if r := f.execute(t, nil, "watch", "-w", link); r.code != exitFailed {
		t.Errorf("a link: %d, %v", r.code, r.err)
	}
}

func TestFullDiskEndsTheFileOnly(t *testing.T) {
	var gaveUp error
	file := &eventFile{next: &counter{next: failing{}}, failed: func(err error) { gaveUp = err }}
	for range 2 {
		if err := file.Put(exit(1, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if !errors.Is(gaveUp, syscall.ENOSPC) || !errors.Is(file.err, syscall.ENOSPC) {
		t.Errorf("%v, %v", gaveUp, file.err)
	}
}

type failing struct{}

func (failing) Put(*events.Event) error { return syscall.ENOSPC }
func (failing) Flush() error            { return syscall.ENOSPC }

func TestWhatTheKernelIsAsked(t *testing.T) {
	f := &fake{}
	r := f.execute(t, nil, "watch", "-q", "--signals", "15,kill", "--buffer", "1MiB", "--env", "--latency", "-e", "+thread_exit,+cgroup_mkdir")
	want := liveOptions{
		BufferBytes: 1 << 20, Env: envNames, Threads: true, CgroupDirs: true, Latency: true,
		Signals: names.SignalBit(9) | names.SignalBit(15),
	}
	if r.code != 0 || !reflect.DeepEqual(f.asked, want) {
		t.Errorf("%v: got %+v, want %+v", r.err, f.asked, want)
	}
}

// TestWhoIsFollowedInKernel: where descent alone decides, the kernel half is told so, and
// the header and the summary say it.
func TestWhoIsFollowedInKernel(t *testing.T) {
	for args, want := range map[string]string{
		"-p 9 --follow -p 8":         "[9 8] false",
		"-p 9":                       "[] false",
		"-- true":                    "[] true",
		"--scope command -- true":    "[] true",
		"--scope containers -- true": "[] false",
		"--scope all -- true":        "[] false",
		"--new-pidns":                "[] false",
		"-p 9 --follow --new-pidns":  "[9] false",
	} {
		f := &fake{events: []*events.Event{snapshot(9, 1), snapshot(8, 1)}}
		f.summary.ByKind = map[events.Kind]counts{events.Fork: {Filtered: 7}}
		r := f.execute(t, nil, append([]string{"watch", "-o", "json"}, strings.Fields(args)...)...)
		if got := fmt.Sprint(f.asked.FollowPIDs, f.asked.FollowOwn); got != want || r.code != 0 {
			t.Errorf("%s: %v: %s, want %s", args, r.err, got, want)
		}
		if told, follows := strings.Contains(r.out, `"recorded":"followed"`), want != "[] false"; told != follows {
			t.Errorf("%s: the header says so: %t, want %t", args, told, follows)
		}
		if !strings.Contains(r.errOut, "7 records of others were left out in the kernel\n") {
			t.Errorf("%s: summary %q", args, r.errOut)
		}
	}
}

// TestSmallBuffer: only a limit that was asked for can be in contradiction to it.
func TestSmallBuffer(t *testing.T) {
	f := &fake{}
	if r := f.execute(t, nil, "watch", "-q", "--buffer", "64KiB"); r.code != 0 || f.asked.MaxArgs != 0 {
		t.Errorf("%v: max-args of %d, want the tracer's own choice", r.err, f.asked.MaxArgs)
	}
	if r := f.execute(t, nil, "watch", "-q", "--buffer", "64KiB", "--max-args", "16KiB"); r.code != 0 || f.asked.MaxArgs != 16<<10 {
		t.Errorf("%v: max-args of %d", r.err, f.asked.MaxArgs)
	}
}

func TestContainerThatIsNotThere(t *testing.T) {
	there := snapshot(9, 1)
	there.Process.Container = &events.Container{ID: "9f1cab"}
	f := &fake{events: []*events.Event{there, fork(10, 9)}}
	if r := f.execute(t, nil, "watch", "-q", "-c", "9f1"); r.code != 0 || r.errOut != "" {
		t.Errorf("%d: %s", r.code, r.errOut)
	}
	r := f.execute(t, nil, "watch", "-q", "-c", "web", "--log-format", "json")
	if r.code != 0 || !strings.Contains(r.errOut, `"level":"warn","container":"web"`) || strings.Count(r.errOut, "\n") != 1 {
		t.Errorf("%d: %s", r.code, r.errOut)
	}
}

func TestNamespacesAreLogged(t *testing.T) {
	f := &fake{events: reaped(11)}
	r := f.execute(t, nil, "watch", "-q", "--log-format", "json")
	var record map[string]any
	if err := json.Unmarshal([]byte(r.errOut), &record); err != nil {
		t.Fatalf("%v: %s", err, r.errOut)
	}
	for name, want := range map[string]any{
		"level": "info", "event": "pidns_reap", "pidns": 77.0, "victim_pid": 11.0, "init_comm": `in\x1bit`,
	} {
		if record[name] != want {
			t.Errorf("%s is %v, want %v", name, record[name], want)
		}
	}
}

// TestNamespaceEndIsLogged: what does not apply is absent.
func TestNamespaceEndIsLogged(t *testing.T) {
	for said, d := range map[string]events.PidnsDetail{
		`"reap_ns":400,"lifetime_ns":9000,"reaped":2`: {Reaped: 2, ReapNS: 400, LifetimeNS: 9000},
		`"pidns_level":1,"reaped":0`:                  {},
	} {
		f := &fake{events: []*events.Event{destroyed(d)}}
		r := f.execute(t, nil, "watch", "-q", "--log-format", "json")
		if !strings.Contains(r.errOut, said) {
			t.Errorf("log %s, want %s in it", r.errOut, said)
		}
	}
}

func TestOnlyAnOrderlyEndIsNoError(t *testing.T) {
	if err := ended(errors.Join(selection.ErrEnough, syscall.EPIPE)); err != nil {
		t.Error(err)
	}
	if err := ended(errors.Join(selection.ErrEnough, syscall.ENOSPC)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error is %v", err)
	}
}
