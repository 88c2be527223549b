package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/confine"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
)

// TestSudoer: only what sudo itself says is believed.
func TestSudoer(t *testing.T) {
	for _, c := range []struct {
		uid, gid string
		want     *recording.Owner
	}{
		{"1000", "100", &recording.Owner{UID: 1000, GID: 100}},
		{"", "", nil}, {"1000", "", nil}, {"0", "0", nil}, {"-1", "5", nil}, {"5", "-1", nil},
		{"4294967295", "5", nil}, {"+5", "5", nil}, {"0x10", "5", nil}, {"1000 ", "5", nil},
	} {
		env := map[string]string{"SUDO_UID": c.uid, "SUDO_GID": c.gid}
		got := sudoer(func(name string) string { return env[name] })
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%q %q: %v, want %v", c.uid, c.gid, got, c.want)
		}
	}
}

// TestPlan: files that are only written need nothing more than to be open.
func TestPlan(t *testing.T) {
	for _, c := range []struct {
		watch watch
		want  confine.Plan
	}{
		{watch{watchOptions: &watchOptions{}}, confine.Plan{}},
		{watch{watchOptions: &watchOptions{file: "x"}}, confine.Plan{}},
		{watch{watchOptions: &watchOptions{file: "x", replace: true}}, confine.Plan{Files: true}},
		{watch{watchOptions: &watchOptions{file: "x"}, limits: recording.Options{RotateEvery: time.Second}}, confine.Plan{Files: true}},
		{watch{watchOptions: &watchOptions{file: "x"}, limits: recording.Options{RotateSize: 1 << 20}}, confine.Plan{Files: true}},
		{watch{watchOptions: &watchOptions{}, child: &child{}}, confine.Plan{Command: true}},
	} {
		if got := c.watch.plan(); got != c.want {
			t.Errorf("plan %+v, want %+v", got, c.want)
		}
	}
}

// TestConfinedFails: what cannot be given up ends the run.
func TestConfinedFails(t *testing.T) {
	refused := errors.New("refused")
	var asked confine.Plan
	a := newApp()
	a.become = &confine.User{UID: 7}
	a.confine = func(p confine.Plan) (confine.Result, error) { asked = p; return confine.Result{}, refused }
	if err := a.confined(confine.Plan{Command: true}); !errors.Is(err, refused) {
		t.Errorf("error %v", err)
	}
	if asked.User != a.become || !asked.Command || asked.Engines {
		t.Errorf("asked for %+v", asked)
	}
	for _, api := range []string{"auto", "/run/docker.sock"} {
		a.runtimeAPI = api
		if err := a.confined(confine.Plan{}); !errors.Is(err, refused) || !asked.Engines {
			t.Errorf("--runtime-api %s: %+v, %v", api, asked, err)
		}
	}
}

// TestNoFilterIsTold: that system calls are not refused is no secret of --log-level debug.
func TestNoFilterIsTold(t *testing.T) {
	for _, missing := range []error{nil, errors.New("no filter here")} {
		r := (&fake{}).execute(t, func(a *app) {
			a.confine = func(confine.Plan) (confine.Result, error) { return confine.Result{Filter: missing}, nil }
		}, "watch", "-q")
		if told := strings.Contains(r.errOut, "no filter here"); r.code != 0 || told != (missing != nil) {
			t.Errorf("with %v: code %d, %s", missing, r.code, r.errOut)
		}
	}
}
