package ecs_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/ecs"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/exporttest"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

func export(t interface {
	Fatal(...any)
	Errorf(string, ...any)
}, all []*events.Event) []string {
	out := exporttest.Written(t, ecs.New, all)
	return slices.Collect(strings.Lines(out))
}

// fields are the names that ECS 8.17 has, dotted, of those that may come; read from its
// field reference and not from the code under test.
var fields = strings.Fields(`@timestamp message tags ecs.version event.kind event.category event.type event.action event.outcome
	event.module event.dataset event.provider event.sequence event.id host.name host.os.type host.os.kernel host.boot.id process.pid process.vpid
	process.entity_id process.name process.executable process.args process.args_count process.command_line process.working_directory
	process.start process.end process.exit_code process.thread.id process.user.id process.group.id process.parent.pid
	process.parent.entity_id process.parent.name process.group_leader.pid process.session_leader.pid container.id container.name
	container.runtime container.image.name orchestrator.type orchestrator.namespace orchestrator.resource.type
	orchestrator.resource.name orchestrator.resource.id`)

func names(t *rapid.T, path string, v any) {
	all, ok := v.(map[string]any)
	if !ok {
		if !slices.Contains(fields, path) {
			t.Errorf("%s is no field of ECS", path)
		}
		return
	}
	for name, v := range all {
		if path == "" && name == "ptrace_ns" {
			continue
		}
		names(t, strings.TrimPrefix(path+"."+name, "."), v)
	}
}

// TestDocuments reads any document back.
func TestDocuments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := exporttest.Life(t)
		lines := export(t, all)
		if len(lines) != len(all) {
			t.Fatalf("%d documents, want %d", len(lines), len(all))
		}
		for i, ev := range all {
			var tree map[string]any
			var doc struct {
				Process struct {
					Name, Executable string
					Args             []string
					VPID             int32
				}
				Container struct {
					ID, Name string
					Image    struct{ Name string }
				}
				Own json.RawMessage `json:"ptrace_ns"`
			}
			if err := json.Unmarshal([]byte(lines[i]), &tree); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(lines[i]), &doc); err != nil {
				t.Fatal(err)
			}
			names(t, "", tree)
			p := &ev.Process
			want := []string{p.Comm, p.Exe}
			got := []string{doc.Process.Name, doc.Process.Executable}
			if c := p.Container; c != nil {
				want, got = append(want, c.ID, c.Name, c.Image), append(got, doc.Container.ID, doc.Container.Name, doc.Container.Image.Name)
			}
			want, got = append(want, p.Args.Strings()...), append(got, doc.Process.Args...)
			for i := range want {
				want[i] = exporttest.Valid(want[i])
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			back, err := new(ndjson.Decoder).Event(doc.Own)
			if err != nil {
				t.Fatal(err)
			}
			boot := exporttest.Header().BootTimeNS
			if got, want := ndjson.AppendEvent(nil, back, boot), ndjson.AppendEvent(nil, ev, boot); !bytes.Equal(got, want) {
				t.Errorf("got %s want %s", got, want)
			}
		}
	})
}

// TestWhatECSCannotSay: what vpid leaves out is marked, and is under ptrace_ns.
func TestWhatECSCannotSay(t *testing.T) {
	deep := &events.Event{Seq: 1, Kind: events.Rename, Rename: &events.RenameDetail{}, Process: events.Process{
		Key: events.ProcKey{PID: 9, Start: 1}, Comm: "a\xff",
		Chain: events.PIDChain{{NS: events.NSID{Inum: 1}, PID: 9}, {NS: events.NSID{Inum: 2}, PID: 5}, {NS: events.NSID{Inum: 3}, PID: 1}},
	}}
	lines := export(t, []*events.Event{deep})
	if len(lines) != 1 || !strings.Contains(lines[0], `"tags":["pid_chain_cut","not_utf8"]`) || !strings.Contains(lines[0], `"vpid":1,`) ||
		!strings.Contains(lines[0], `"pids":[{"ns":1,"pid":9},{"ns":2,"pid":5},{"ns":3,"pid":1}]`) {
		t.Errorf("got %s", lines)
	}
}
