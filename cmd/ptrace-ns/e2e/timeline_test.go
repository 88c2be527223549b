package e2e

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// timelineOf asks the program for one container's timeline.
func timelineOf(t testing.TB, file, container string) (doc ndjson.TimelineDoc) {
	t.Helper()
	r := tell(t, nil, "timeline", "-o", "json", file, container)
	if r.code != 0 {
		t.Fatalf("exit code %d: %s", r.code, r.err)
	}
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// phase returns the first of that name, which must be there.
func phase(t testing.TB, doc ndjson.TimelineDoc, name string) ndjson.PhaseDoc {
	t.Helper()
	for _, f := range doc.Phases {
		if f.Phase == name {
			return f
		}
	}
	t.Fatalf("no phase %s in %+v", name, doc.Phases)
	return ndjson.PhaseDoc{}
}

// inOrder wants these phases, in this order, and others in between or not.
func inOrder(t testing.TB, doc ndjson.TimelineDoc, names ...string) {
	t.Helper()
	at := 0
	for _, f := range doc.Phases {
		if at < len(names) && f.Phase == names[at] {
			at++
		}
	}
	if at < len(names) {
		t.Errorf("%s does not come after %v in %+v", names[at], names[:at], doc.Phases)
	}
}

// dockerStart are the phases of a start by Docker that nothing runs beside of.
var dockerStart = []string{"shim_start", "shim_daemonised", "runtime_create", "stage_0", "cgroup_made", "cgroup_entered", "stage_1",
	"namespaces_unshared", "stage_2", "pidns_created", "root_pivoted", "init_reparented", "runtime_start", "entrypoint", "first_child"}

// TestTimelineDocker compares the phases of a start and an end by Docker with what
// /proc and Docker say, and two starts of the same thing with one another.
func TestTimelineDocker(t *testing.T) {
	requireDocker(t)
	file := filepath.Join(t.TempDir(), "runs.zst")
	tr := start(t, "--syscalls", "-e", "+cgroup_mkdir,+cgroup_rmdir", "-w", file)
	var ids []string
	var inits []truth
	for range 2 {
		// By its name alone the client is told from others that ask at the same moment.
		name := "pns-timeline-" + strconv.FormatInt(time.Now().UnixNano(), 36)
		id := dockerRun(t, "--name", name, "--network", "none", image, "sh", "-c", "sleep 1000 & sleep 1001")
		init := look(t, dockerPID(t, id))
		firstChild(t, init.pid)
		ids, inits = append(ids, id), append(inits, init)
		run(t, "docker", "stop", "-t", "1", id)
		tr.wait("the namespace's end", kind("pidns_destroy"), func(l *line) bool { return l.Init != nil && int(l.Init.PID) == init.pid })
		shim := tr.wait("the shim", kind("exec"), runs("containerd-shim-runc-v2"), with("-id", id), func(l *line) bool { return !with("start")(l) })
		tr.wait("the shim's exit", kind("exit"), about(shim.Process.ID))
	}
	tr.end()

	for i, id := range ids {
		doc := timelineOf(t, file, id[:12])
		equal(t, "id", doc.ID, id)
		equal(t, "runtime", doc.Runtime, "docker")
		equal(t, "init", int(doc.Init.PID), inits[i].pid)
		equal(t, "its number inside", doc.Init.PIDs[len(doc.Init.PIDs)-1].PID, inits[i].chain[1])
		equal(t, "PID namespace", doc.Pidns.Inum, inits[i].pidns)
		equal(t, "parent, as /proc said", int(doc.Parent.PID), inits[i].ppid)
		inOrder(t, doc, dockerStart...)
		inOrder(t, doc, "running", "signal", "signal", "exit", "shim_exit")
		if len(doc.Absent) != 0 || !doc.Gone || len(doc.Reaped) != 1 {
			t.Errorf("absent %v, gone %v, reaped %v", doc.Absent, doc.Gone, doc.Reaped)
		}
		checkDockerStart(t, doc, inits[i])
		checkDockerStop(t, id, doc)
	}
	r := tell(t, nil, "diff", file+":"+ids[0], file+":"+ids[1])
	if r.code != 0 || !strings.HasPrefix(r.out, "same sequence") {
		t.Errorf("exit code %d: %s%s", r.code, r.out, r.err)
	}
	if r = tell(t, nil, "explain", file, ids[0]); !strings.Contains(r.out, "was ignored") || !strings.Contains(r.out, "docker stop -t 1 "+ids[0]) {
		t.Errorf("exit code %d: %s%s", r.code, r.out, r.err)
	}
}

// checkDockerStart holds who made whom, and whose child each became.
func checkDockerStart(t *testing.T, doc ndjson.TimelineDoc, init truth) {
	t.Helper()
	starter, shim, create := phase(t, doc, "shim_start"), phase(t, doc, "shim_daemonised"), phase(t, doc, "runtime_create")
	equal(t, "parent of the starter", starter.Parent.Comm, "containerd")
	equal(t, "parent of the shim", idOf(shim.Parent), starter.Process.ID)
	equal(t, "the shim is given to", shim.Reparent.To.PID, 1)
	equal(t, "parent of the runtime", idOf(create.Parent), shim.Process.ID)
	equal(t, "creator of stage 1", idOf(phase(t, doc, "stage_1").Creator), phase(t, doc, "stage_0").Process.ID)
	equal(t, "creator of stage 2", idOf(phase(t, doc, "stage_2").Creator), phase(t, doc, "stage_1").Process.ID)
	for _, name := range []string{"stage_0", "stage_1", "stage_2"} {
		equal(t, "parent of "+name, idOf(phase(t, doc, name).Parent), create.Process.ID)
	}
	moved := phase(t, doc, "init_reparented").Reparent
	equal(t, "the init leaves", idOf(moved.From), create.Process.ID)
	equal(t, "the init is given to", idOf(moved.To), shim.Process.ID)
	equal(t, "because it is the", moved.Reason, "subreaper")
	equal(t, "which /proc calls", int(moved.To.PID), init.ppid)
	if !slices.Contains(doc.Namespaces, "pid") || !slices.Contains(doc.Namespaces, "mnt") {
		t.Errorf("new namespaces %v", doc.Namespaces)
	}
	for _, f := range doc.Phases {
		if !f.Moment && (f.DurationNS == nil || f.EndNS < f.BeginNS) {
			t.Errorf("%s has no end", f.Phase)
		}
	}
}

// checkDockerStop holds the end to what Docker says of it.
func checkDockerStop(t *testing.T, id string, doc ndjson.TimelineDoc) {
	t.Helper()
	equal(t, "exit code by docker", run(t, "docker", "inspect", "-f", "{{.State.ExitCode}}", id), "137")
	equal(t, "signal", doc.Exit.Signal, "SIGKILL")
	equal(t, "killer", doc.Killer.Sender.Comm, "runc")
	var signals []string
	for _, f := range doc.Phases {
		if f.Phase == "signal" {
			signals = append(signals, f.Signal+" "+f.Result)
		}
	}
	equals(t, "signals", signals, []string{"SIGTERM ignored", "SIGKILL delivered"})
	equals(t, "who asked for the end", phase(t, doc, "stop_asked").Args, []string{"docker", "stop", "-t", "1", id})
}

// TestTimelineRunc is bare runc: it stays, or leaves the init to another.
func TestTimelineRunc(t *testing.T) {
	kerneltest.RequireBPF(t)
	bundle := runcBundle(t)
	file, id := filepath.Join(t.TempDir(), "runc.zst"), "pns-timeline-"+strconv.FormatInt(time.Now().UnixNano(), 36)
	t.Cleanup(func() { exec.Command("runc", "delete", "-f", id).Run() })
	if r := tell(t, nil, "record", "-q", "--settle", "100ms", "-o", file, "--", "runc", "run", "--bundle", bundle, id); r.code != 4 {
		t.Fatalf("exit code %d: %s", r.code, r.err)
	}
	doc := timelineOf(t, file, id)
	equal(t, "id", doc.ID, id)
	inOrder(t, doc, "runtime_run", "stage_0", "cgroup_made", "stage_1", "namespaces_unshared", "stage_2", "pidns_created", "root_pivoted", "entrypoint", "first_child")
	inOrder(t, doc, "running", "exit", "reaped", "runtime_exit")
	equal(t, "its parent stays", idOf(doc.Parent), phase(t, doc, "runtime_run").Process.ID)
	equal(t, "exit code", *doc.Exit.Code, 4)
	equal(t, "reaped", len(doc.Reaped), 1)
}

// TestTimelineLive waits for the end of what is being made, and then tells.
func TestTimelineLive(t *testing.T) {
	kerneltest.RequireBPF(t)
	cmd := exec.Command(binary(t), "timeline", "--live", "--timeout", "60s", "-o", "json")
	var out, errOut strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		cmd.Wait()
	}()
	// Until it is attached nothing is seen; so there is one after another.
	for running := true; running; {
		run(t, "unshare", "-pf", "sh", "-c", "sleep 0.01; true")
		select {
		case <-done:
			running = false
		default:
		}
	}
	if !cmd.ProcessState.Success() || !strings.Contains(out.String(), `"phase":"pidns_created"`) {
		t.Errorf("%v: %s%s", cmd.ProcessState, out.String(), errOut.String())
	}
}

// TestTimelineCtr is containerd without Docker: the client's arguments name the
// container, and the shim works for another namespace.
func TestTimelineCtr(t *testing.T) {
	requireDocker(t) // whose containerd it is
	kerneltest.RequireTool(t, "ctr")
	root, err := busyboxRoot()
	if err != nil {
		t.Fatal(err)
	}
	id := "pns-timeline-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	t.Cleanup(func() { exec.Command("ctr", "container", "rm", id).Run() })
	file := filepath.Join(t.TempDir(), "ctr.zst")
	if r := tell(t, nil, "record", "-q", "-o", file, "--", "ctr", "run", "--rm", "--rootfs", root, id, "/bin/sh", "-c", "sleep 0.1; exit 3"); r.code != 3 {
		t.Fatalf("exit code %d: %s", r.code, r.err)
	}
	doc := timelineOf(t, file, id)
	equal(t, "runtime", doc.Runtime, "containerd")
	inOrder(t, doc, append([]string{"asked"}, dockerStart...)...)
	inOrder(t, doc, "running", "exit", "shim_exit")
	equal(t, "who asked", phase(t, doc, "asked").Program, "ctr")
	equal(t, "what ties it", phase(t, doc, "asked").Link, "arguments")
	equal(t, "the init is given to", idOf(phase(t, doc, "init_reparented").Reparent.To), phase(t, doc, "shim_daemonised").Process.ID)
	equal(t, "exit code", *doc.Exit.Code, 3)
	if len(doc.Absent) != 0 {
		t.Errorf("absent: %v", doc.Absent)
	}
}
