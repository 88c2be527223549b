package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestScripts runs what reads best as a session at a shell. The program is in PATH.
func TestScripts(t *testing.T) {
	kerneltest.RequireBPF(t)
	path := filepath.Dir(binary(t)) + string(filepath.ListSeparator) + os.Getenv("PATH")
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", path)
			return nil
		},
	})
}
