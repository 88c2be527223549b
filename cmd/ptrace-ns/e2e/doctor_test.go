package e2e

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// doctor runs `doctor -o json` under a command that takes rights away.
func doctor(t testing.TB, under ...string) (code int, found ndjson.CheckupDoc) {
	t.Helper()
	args := append(under, binary(t), "doctor", "-o", "json")
	cmd := exec.Command(args[0], args[1:]...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, _ := cmd.Output() // its exit code is what is asked for
	decode := json.NewDecoder(bytes.NewReader(out))
	decode.DisallowUnknownFields()
	if err := decode.Decode(&found); err != nil {
		t.Fatalf("%v: %s%s", err, out, stderr.String())
	}
	equal(t, "standard error", stderr.String(), "")
	public, err := jsonschema.NewCompiler().Compile("../../../docs/events.schema.json#/$defs/doctor")
	if err != nil {
		t.Fatal(err)
	}
	if value, err := jsonschema.UnmarshalJSON(bytes.NewReader(out)); err != nil || public.Validate(value) != nil {
		t.Errorf("%s%v %v", out, err, public.Validate(value))
	}
	return cmd.ProcessState.ExitCode(), found
}

// statusOf returns what is said of one check, and of one thing in it.
func statusOf(t testing.TB, c ndjson.CheckupDoc, check, of string) ndjson.CheckDoc {
	t.Helper()
	for _, found := range c.Checks {
		if found.Check == check && found.Of == of {
			return found
		}
	}
	t.Fatalf("nothing is said of %s %s", check, of)
	return ndjson.CheckDoc{}
}

// TestDoctorRights: the verdict is what watch itself comes to under the same rights.
func TestDoctorRights(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "setpriv")
	kerneltest.RequireTool(t, "unshare")
	for _, c := range []struct {
		name   string
		under  []string
		code   int
		check  string
		of     string
		status string
	}{
		{"user", nobody(), 3, "capabilities", "", "missing"},
		{"without CAP_PERFMON", nobody("bpf"), 3, "capabilities", "", "missing"},
		{"least privilege", nobody("bpf", "perfmon"), 6, "capabilities_proc", "CAP_SYS_PTRACE", "missing"},
		{"root of a user namespace", []string{"unshare", "--user", "--map-root-user"}, 3, "user_namespace", "", "missing"},
		{"child PID namespace", []string{"unshare", "--pid", "--fork", "--mount-proc"}, 6, "pid_namespace", "", "missing"},
		{"seccomp", []string{kerneltest.CompileHelper(t, "nobpf")}, 3, "seccomp", "", "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, found := doctor(t, c.under...)
			equal(t, "exit code", code, c.code)
			equal(t, c.check, statusOf(t, found, c.check, c.of).Status, c.status)
			watched, _ := attempt(t, c.under...)
			if code != 3 {
				code = 0 // what is degraded traces
			}
			equal(t, "exit code of watch", watched, code)
		})
	}
}

// TestDoctorHere: on a machine whose tests run nothing is missing that they use, each
// program is told, and so is another tracer.
func TestDoctorHere(t *testing.T) {
	kerneltest.RequireBPF(t)
	other := start(t)
	defer other.end()
	code, found := doctor(t)
	if code != 0 && code != 6 {
		t.Fatalf("exit code %d", code)
	}
	programs := 0
	for _, check := range found.Checks {
		if check.Check == "program" {
			programs++
			equal(t, "program "+check.Of, check.Status, "found")
		}
		if check.For == "tracing" {
			equal(t, check.Check+" "+check.Of, check.Status, "found")
		}
	}
	// All that the other tracer has attached is among what was tried; the iterator and the
	// two of system calls are besides.
	attached := 0
	for _, o := range other.objects {
		if o.kind == "link_id" {
			attached++
		}
	}
	if programs < attached+3 || attached == 0 {
		t.Errorf("%d programs were tried, the other tracer has %d attached", programs, attached)
	}
	if says := statusOf(t, found, "two_tracers", "").Says; strings.Contains(says, "no other") || !strings.Contains(says, "others now") {
		t.Errorf("another tracer runs, and it says %q", says)
	}
	if cost := statusOf(t, found, "syscalls", "").Cost; cost == nil || cost.PlainNS <= 0 || cost.WatchedNS <= 0 {
		t.Errorf("cost of system calls: %+v", cost)
	}
}
