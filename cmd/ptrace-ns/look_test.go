package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

var (
	hostNS  = events.NSID{Inum: 1}
	innerNS = events.NSID{Inum: 2}
)

// there is a process of a census; nr is its number in the inner namespace, 0 for none.
func there(pid, parent, nr int32, comm string) *events.Event {
	ev := snapshot(pid, parent)
	ev.BootNS = 1_000_000
	p := &ev.Process
	p.Comm, p.Full, p.HasIDs, p.TID = comm, true, true, pid
	p.Chain[0].NS = hostNS
	p.NSInit = nr == 1 || pid == 1
	if nr != 0 {
		p.Chain = append(p.Chain, events.PIDEntry{NS: innerNS, PID: nr})
		p.Container = &events.Container{ID: "9f1c", Runtime: "docker", Name: "web"}
	}
	if parent == 0 {
		p.Parent = events.Ref{}
	}
	return ev
}

// machine is a host with a shim, a container of two and a kernel thread.
func machine(t *testing.T) func(*app) {
	t.Helper()
	all := []*events.Event{
		there(1, 0, 0, "systemd"), there(2, 0, 0, "kthreadd"), there(3, 2, 0, "kworker"),
		there(70, 1, 0, "containerd-shim"), there(76, 70, 1, "sh"), there(77, 76, 7, "sleep"),
		{Kind: events.SnapshotEnd, BootNS: 1_000_000},
	}
	all[1].Process.Kthread, all[2].Process.Kthread = true, true
	model := tree.New(tree.Options{})
	for _, ev := range all {
		if err := model.Apply(ev, func(*events.Event) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return func(a *app) {
		a.user = func(uint32) string { return "root" }
		a.look = func(context.Context) (*census, error) {
			return &census{model: model, nowNS: 2_000_000, local: true, threads: func(k events.ProcKey) []report.Thread {
				return []report.Thread{{TID: k.PID + 1000, Comm: "t"}}
			}}, nil
		}
	}
}

func TestTree(t *testing.T) {
	for args, want := range map[string]string{
		"": "1 systemd (root)\n`-70 containerd-shim\n  `-* 76>1 sh [docker web] {PID namespace 2, level 1}\n    `-77>7 sleep\n" +
			"2 kthreadd|[kthreadd] (root) and 1 kernel thread below it\n",
		"76":           "* 76>1 sh (root) [docker web] {PID namespace 2, level 1} parent 70 containerd-shim outside\n`-77>7 sleep\n",
		"76-76":        "* 76>1 sh (root) [docker web] {PID namespace 2, level 1} parent 70 containerd-shim outside\n`-77>7 sleep\n",
		"-s 77":        "1 systemd (root)\n`-70 containerd-shim\n  `-* 76>1 sh [docker web] {PID namespace 2, level 1}\n    `-77>7 sleep\n",
		"-c we":        "",
		"-c web":       "* 76>1 sh (root) [docker web] {PID namespace 2, level 1} parent 70 containerd-shim outside\n`-77>7 sleep\n",
		"-t 77":        "* 77>7 sleep (root) [docker web] {PID namespace 2, level 1}\n`-1077 {t}\n",
		"--ns 76":      "PID namespace 2, level 1 in 1, 2 processes\n`-76>1 sh (root) [docker web] parent 70 containerd-shim outside\n  `-77>7 sleep\n",
		"--ns 77":      "PID namespace 2, level 1 in 1, 1 of 2 processes\n`-77>7 sleep (root) [docker web]\n",
		"--kthreads 2": "2 [kthreadd] (root)\n`-3 [kworker]\n",
	} {
		r := (&fake{}).execute(t, machine(t), append([]string{"tree"}, strings.Fields(args)...)...)
		want = strings.ReplaceAll(want, "kthreadd|", "")
		if r.out != want || (r.code != 0) != (want == "") {
			t.Errorf("%q: %d, %v, got\n%swant\n%s", args, r.code, r.err, r.out, want)
		}
	}
}

func TestNoSuchProcess(t *testing.T) {
	const none = "4194399" // above any PID (PID_MAX_LIMIT)
	for _, args := range [][]string{
		{"tree", none}, {"tree", "76-1"}, {"lineage", none}, {"lineage", "--live", none}, {"watch", "-p", none},
		{"watch", "-p", none, "-o", "json", "--follow"},
	} {
		f := &fake{lasts: true, events: []*events.Event{snapshot(9, 1)}}
		r := f.execute(t, machine(t), args...)
		if r.code != exitFailed || !errors.Is(r.err, selection.ErrNoProcess) || !strings.Contains(r.err.Error(), args[len(args)-1]) && args[0] != "watch" {
			t.Errorf("%v: %d, %v", args, r.code, r.err)
		}
		if r.out != "" {
			t.Errorf("%v: printed %q", args, r.out)
		}
	}
}

// A thread's number is not a process's, and whose it is is said.
func TestThreadIsNoProcess(t *testing.T) {
	whole := machine(t)
	for _, command := range []string{"tree", "lineage"} {
		r := (&fake{}).execute(t, func(a *app) {
			whole(a)
			look := a.look
			a.look = func(ctx context.Context) (*census, error) {
				c, err := look(ctx)
				c.leader = func(tid int32) int32 { return tid - 3 }
				return c, err
			}
		}, command, "79")
		if r.code != exitFailed || r.err.Error() != "79 is a thread of process 76" || r.out != "" {
			t.Errorf("%s: %d, %v, %s", command, r.code, r.err, r.out)
		}
	}
}

// TestDocuments holds what the commands print to the schema.
func TestDocuments(t *testing.T) {
	for _, args := range [][]string{
		{"tree", "-t"}, {"tree", "-s", "77"}, {"namespaces"}, {"lineage", "76"}, {"lineage", "1"},
	} {
		r := (&fake{}).execute(t, machine(t), append(args, "-o", "json")...)
		if r.code != 0 {
			t.Errorf("%v: %v", args, r.err)
			continue
		}
		validate(t, args[0], r.out)
	}
}

func validate(t *testing.T, definition, document string) {
	t.Helper()
	c := jsonschema.NewCompiler()
	schema, err := c.Compile("../../docs/events.schema.json#/$defs/" + definition)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
	if err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s%v", document, err)
	}
}

func TestNamespaces(t *testing.T) {
	r := (&fake{}).execute(t, machine(t), "namespaces", "-o", "json")
	var all []struct {
		Pidns            struct{ Inum int }
		Init             struct{ PID int }
		Members, Visible int
		Children         []struct {
			Pidns   struct{ Inum, Parent int }
			Init    struct{ PID int }
			Members int
			AgeNS   int `json:"age_ns"`
		}
	}
	if err := json.Unmarshal([]byte(r.out), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 || len(all[0].Children) != 1 {
		t.Fatalf("got %s", r.out)
	}
	host, inner := all[0], all[0].Children[0]
	if host.Pidns.Inum != 1 || host.Init.PID != 1 || host.Members != 4 || host.Visible != 6 {
		t.Errorf("host is %+v", host)
	}
	if inner.Pidns.Inum != 2 || inner.Pidns.Parent != 1 || inner.Init.PID != 76 || inner.Members != 2 || inner.AgeNS != 2_000_000-76 {
		t.Errorf("inner is %+v", inner)
	}
}

func TestLineage(t *testing.T) {
	r := (&fake{}).execute(t, machine(t), "lineage", "76")
	for _, want := range []string{
		"76 sh (id 76-76)\n", "before this look: who forked it",
		"It is 76>1: the PID 1 of PID namespace 2, level 1, which has 2 processes; who created that is not known.",
		"It is a child of 70 containerd-shim.\n  That is a child of 1 systemd, the host's init.",
		"It has 1 child: 77 sleep.", "It is alive.",
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s", want, r.out)
		}
	}
}

// A program in a child PID namespace does not see the machine, and says so.
func TestPartialLook(t *testing.T) {
	for _, args := range [][]string{{"tree"}, {"namespaces", "-o", "json"}, {"lineage", "76"}} {
		for _, partial := range []bool{false, true} {
			whole := machine(t)
			r := (&fake{}).execute(t, func(a *app) {
				whole(a)
				look := a.look
				a.look = func(ctx context.Context) (*census, error) {
					c, err := look(ctx)
					c.partial = partial
					return c, err
				}
			}, args...)
			if warned := strings.Contains(r.errOut, partialLook); r.code != 0 || warned != partial || strings.Contains(r.out, partialLook) {
				t.Errorf("%v, partial %t: %v, standard error has %q", args, partial, r.err, r.errOut)
			}
		}
	}
}

func TestTreeRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"-S -o json":  "-S is for text",
		"-c no-such":  "no process is in it",
		"-c we -s":    "no process is in it",
		"--ns -s 76":  "does not go with -s",
		"-S -o dot 1": "-S is for text",
	} {
		r := (&fake{}).execute(t, machine(t), append([]string{"tree"}, strings.Fields(args)...)...)
		if r.code == 0 || !strings.Contains(r.err.Error(), want) {
			t.Errorf("%q: %d, %v; want %q", args, r.code, r.err, want)
		}
	}
}

// Of two recordings none is shown.
func TestRecordingGivenTwice(t *testing.T) {
	for _, command := range [][]string{{"tree"}, {"namespaces"}, {"lineage", "7"}, {"top"}} {
		r := (&fake{}).execute(t, nil, append(command, "-r", "a.zst", "--recording", "b.zst")...)
		if want := `--recording is given twice, "a.zst" and "b.zst": there can be one`; r.code != exitUsage || r.err.Error() != want {
			t.Errorf("%v: %d, %v, want %s", command, r.code, r.err, want)
		}
	}
}
