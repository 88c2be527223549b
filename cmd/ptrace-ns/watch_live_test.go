//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// What a command only asks a daemon for is no descendant of it: its PID namespace is
// followed all the same, and told at once, unless only the command is.
func TestLiveScope(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "unshare")
	dir := t.TempDir()
	// By this name its namespaces are told from what others of the machine make.
	const name = "pn-scope-maker"
	maker, ask, answer := filepath.Join(dir, name), filepath.Join(dir, "ask"), filepath.Join(dir, "answer")
	standIn(t, "unshare", maker)
	standIn(t, "sh", filepath.Join(dir, "containerd")) // which makes it container software
	for _, fifo := range []string{ask, answer} {
		if err := syscall.Mkfifo(fifo, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const serve = `while read go <"$1"; do "$0" -pf sh -c 'exit 7'; echo done >"$2"; done`
	// This process is the tracer, whose children are followed: the daemon is not one.
	raw, err := exec.Command("sh", "-c", `"$0" -c "$@" >/dev/null 2>&1 & echo $!`, filepath.Join(dir, "containerd"), serve, maker, ask, answer).Output()
	if err != nil {
		t.Fatal(err)
	}
	daemon, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Kill(daemon, syscall.SIGKILL) })
	for scope, want := range map[string]string{
		"": "", "containers": toldOfMaker, "all": toldOfMaker, "command": "",
	} {
		args := []string{"watch", "-q", "--new-pidns", "--log-level", "error", "--fields", "event,process.parent.comm,exit.code"}
		if scope != "" {
			args = append(args, "--scope", scope)
		}
		out := live(t, append(args, "--", "sh", "-c", `echo go >"$0"; read done <"$1"`, ask, answer)...)
		var told []string
		for line := range strings.Lines(out) {
			if f := strings.Fields(line); len(f) == 3 && f[1] == name {
				told = append(told, f[0]+" "+f[2])
			}
		}
		if got := strings.Join(told, ", "); got != want {
			t.Errorf("scope %q: told %q in\n%s", scope, got, out)
		}
	}
}

// standIn copies a program, so that it runs under another name.
func standIn(t *testing.T, program, path string) {
	t.Helper()
	from, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o755); err != nil {
		t.Fatal(err)
	}
}

const toldOfMaker = "fork -, pidns_create -, exec -, exit 7, pidns_destroy 7"
