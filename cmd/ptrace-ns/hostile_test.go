package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
)

// hostileHeader begins a file that no recorder wrote.
const hostileHeader = `{"event":"header","schema":"ptrace-ns/1","version":"9","boot_time":"2026-11-22T00:00:00Z","start_ns":1,"tracer_pid":1,"options":{}}`

// hostileLine is an event of a process that says what it likes of itself.
func hostileLine(seq int, kind string, pid, parent int, members, more string) string {
	return fmt.Sprintf(`{"seq":%d,"boot_ns":%d,"event":%q,"process":{"id":"%d-5","pid":%d,"pids":[{"ns":1,"pid":%d}],"ppid":%d,`+
		`"parent":{"id":"%d-5","pid":%d,"comm":"../../etc/x"},"start_ns":5,"comm":"../../etc/x","exe":"/../../etc/x","ns":{"pid":1}%s}%s}`,
		seq, seq, kind, pid, pid, pid, parent, parent, parent, members, more)
}

// hostile are recordings that describe what cannot be (F03), with names that are
// nobody's paths (F06).
func hostile() map[string][]string {
	const container = `,"container":{"id":"../../etc/x","runtime":"docker","name":"../../../tmp/x","source":"state"}`
	levels := func(n int) string {
		return strings.TrimSuffix(strings.Repeat(`{"ns":9,"pid":1000000000},`, n), ",")
	}
	deep := func(n int) string {
		return `{"seq":1,"event":"fork","process":{"id":"1000000000-5","pid":1000000000,"pids":[` + levels(n) + `],"start_ns":5,"comm":"x","ns":{"pid":9}}}`
	}
	pidns := `,"pidns":{"inum":7,"level":1,"parent":7},"via":"clone","creator":{"id":"6-5","pid":6,"comm":"x"},"init":{"id":"6-5","pid":6,"comm":"x"}`
	var many []string
	for i := range 2000 { // a chain of parents that closes
		many = append(many, hostileLine(i+1, "snapshot", i+1, (i+1)%2000+1, "", ""))
	}
	return map[string][]string{
		"self-parent": {hostileLine(1, "fork", 5, 5, "", ""), hostileLine(2, "exec", 5, 5, container, ""), hostileLine(3, "exit", 5, 5, "", `,"exit":{"code":0}`)},
		"cycle": {
			hostileLine(1, "snapshot", 6, 7, container, ""), hostileLine(2, "snapshot", 7, 8, "", ""), hostileLine(3, "snapshot", 8, 6, "", ""),
			hostileLine(4, "reparent", 7, 6, "", `,"from":{"id":"8-5","pid":8,"comm":"x"},"to":{"id":"7-5","pid":7,"comm":"x"},"reason":"init","confirmed":true`),
			hostileLine(5, "container_start", 6, 7, container, `,"container":{"id":"../../etc/x"}`), hostileLine(6, "exit", 6, 6, container, `,"exit":{"signal":"SIGKILL"},"killer":{"origin":"user","sender":{"id":"6-5","pid":6,"comm":"x"},"sender_chain":[{"id":"6-5","pid":6,"comm":"x"},{"id":"6-5","pid":6,"comm":"x"}]}`),
		},
		"long cycle": many,
		"namespace in itself": {
			hostileLine(1, "fork", 6, 6, "", ""), hostileLine(2, "pidns_create", 6, 6, "", pidns), hostileLine(3, "pidns_enter", 6, 6, "", pidns),
			hostileLine(4, "pidns_reap", 6, 6, "", pidns), hostileLine(5, "pidns_destroy", 6, 6, "", pidns),
		},
		"highest level":  {deep(33)},
		"too many level": {deep(34)},
		"numbers":        {hostileLine(1, "fork", 1000000000, 2147483647, "", ""), hostileLine(1, "fork", 1000000000, 0, "", ""), hostileLine(0, "exit", 2147483647, 1000000000, "", `,"exit":{"code":9223372036854775807}`)},
		"dead before":    {hostileLine(1, "exit", 6, 1, "", `,"exit":{"code":0}`), hostileLine(2, "fork", 6, 1, "", ""), hostileLine(3, "fork", 6, 1, "", ""), hostileLine(4, "exec", 9, 6, "", "")},
	}
}

// F03, F06: nothing that a recording claims makes a command that reads it fail otherwise
// than by an exit code, write without end, or make a file that nobody named.
func TestF03HostileRecordings(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, lines := range hostile() {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, "hostile.ndjson")
			if err := os.WriteFile(path, []byte(hostileHeader+"\n"+strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, command := range []string{
				"replay -q FILE", "replay -q -o json FILE", "tree --exited -r FILE", "tree --ns -a -r FILE", "tree -o json -r FILE", "tree -o dot -r FILE",
				"namespaces -r FILE", "namespaces -o json -r FILE", "lineage -r FILE 6", "lineage -r FILE 1000000000", "lineage -o json -r FILE 7",
				"timeline FILE", "timeline -o json FILE", "explain FILE", "diff FILE FILE", "report -o out.html --force FILE",
				"export --format perfetto -o out --force FILE", "export --format svg -o out --force FILE", "export --format mermaid -o out --force FILE",
				"export --format csv FILE", "export --format chrome FILE", "export --format ecs FILE", "export --format otel-json FILE", "export --format dot FILE",
				"export --format svg FILE", "export --format mermaid FILE", "export --format dot --graph namespaces FILE", "export --format mermaid --graph namespaces FILE",
			} {
				args := strings.Fields(strings.ReplaceAll(command, "FILE", path))
				r := (&fake{}).execute(t, nil, args...)
				if r.code == exitUsage {
					t.Errorf("%s: %v", command, r.err)
				}
				if len(r.out) > 64<<20 || strings.ContainsAny(r.out, "\x1b\x07") {
					t.Errorf("%s: %d bytes", command, len(r.out))
				}
				if name == "too many level" && strings.HasPrefix(command, "replay -q -o") && r.code != exitDamaged {
					t.Errorf("%s: exit code %d, %v", command, r.code, r.err)
				}
			}
			playHostile(t, path)
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if e.Name() != "hostile.ndjson" && e.Name() != "out" && e.Name() != "out.html" {
					t.Errorf("%s was made", e.Name())
				}
			}
		})
	}
}

// playHostile is top -r of the recording, from its beginning and from its end, without
// the terminal that the command itself needs.
func playHostile(t *testing.T, path string) {
	t.Helper()
	p, err := newPlayer(t.Context(), func() (*playback, error) { return (&app{}).openRecording(t.Context(), path, false) })
	if err != nil {
		t.Error(err)
		return
	}
	defer p.close()
	v := tui.Options{BootTime: p.header.BootTimeNS, Zone: time.UTC}
	for _, at := range []moment{{given: true}, {given: true, since: time.Hour}} {
		p.begin(func() *scene.Stage { return newStage(v, p.fromNS(), p.covered) }, at)
		shown := tui.Still(p, v, 100, 30, "")
		if n := strings.Count(shown, "\n"); n > 40 || strings.ContainsAny(shown, "\a\r") {
			t.Errorf("top: %d lines: %.200q", n, shown)
		}
	}
}
