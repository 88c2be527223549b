package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestOwnersOfFiles: under sudo each file that a command makes of a recording is whose the
// recording would be.
func TestOwnersOfFiles(t *testing.T) {
	kerneltest.RequireRoot(t)
	sudo := map[string]string{"SUDO_UID": "65534", "SUDO_GID": "65533"}
	asked := func(a *app) { a.getenv = func(name string) string { return sudo[name] } }
	file := recorded(t, family())
	for _, args := range [][]string{
		{"report", file, "-o"}, {"export", file, "--format", "csv", "-o"}, {"replay", file, "-q", "-w"},
	} {
		out := filepath.Join(t.TempDir(), "made")
		if r := (&fake{}).execute(t, asked, append(args, out)...); r.code != 0 {
			t.Fatalf("%s: exit code %d, %v", args[0], r.code, r.err)
		}
		info, err := os.Stat(out)
		if err != nil {
			t.Fatal(err)
		}
		if at := info.Sys().(*syscall.Stat_t); at.Uid != 65534 || at.Gid != 65533 || info.Mode() != 0o600 {
			t.Errorf("%s: owner %d:%d, mode %s, want 65534:65533 and 0600", args[0], at.Uid, at.Gid, info.Mode())
		}
	}
}
