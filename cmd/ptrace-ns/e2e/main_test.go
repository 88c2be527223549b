package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// workDir is for the whole run. Everyone may look into it: some tests run the
// program as a user without rights.
var workDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "ptrace-ns-e2e-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	workDir = dir
	// m.Run's result is the exit code when TestMain returns.
	m.Run()
	removeImage()
	removeOwnImage()
	os.RemoveAll(dir)
}

// commit is what the linker is told, as by the Makefile.
const commit = "0123456789abcdef0123456789abcdef01234567"

// binaryEnv names a program that was built elsewhere: an emulated machine has no Go.
const binaryEnv = "PTRACE_NS_BINARY"

var build = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(binaryEnv); path != "" {
		return path, nil
	}
	path := filepath.Join(workDir, "bin", "ptrace-ns")
	args := append([]string{"build", "-buildvcs=false", "-ldflags", "-X main.version=v1.2.3 -X main.commit=" + commit, "-o", path}, buildFlags...)
	cmd := exec.Command("go", append(args, "github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// binary returns the path of the program, built once for all tests.
func binary(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
