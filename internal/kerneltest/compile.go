package kerneltest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// helpersEnv names a directory of helpers that were built elsewhere: a test
// binary that runs in an emulated machine has no compiler and no source tree.
const helpersEnv = "PTRACE_NS_HELPERS"

var (
	compileMu sync.Mutex
	compiled  = map[string]func() (string, error){}
)

// CompileHelper returns the path of the program built from
// testdata/helpers/NAME.c by the Makefile: static, so that it also runs in a
// container's or a machine's file system.
func CompileHelper(t testing.TB, name string) string {
	t.Helper()
	if dir := os.Getenv(helpersEnv); dir != "" {
		return filepath.Join(dir, "pn-"+name)
	}
	RequireTool(t, "gcc")
	RequireTool(t, "make")
	compileMu.Lock()
	build, ok := compiled[name]
	if !ok {
		build = sync.OnceValues(func() (string, error) { return compile(name) })
		compiled[name] = build
	}
	compileMu.Unlock()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func compile(name string) (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	target := filepath.Join("bin", "helpers", "pn-"+name)
	build := exec.Command("make", "--silent", "--directory", root, target)
	// A make that runs the tests must not lend its options to this one.
	build.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "MAKE") || strings.HasPrefix(v, "MFLAGS")
	})
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("helper %s: %w\n%s", name, err, out)
	}
	return filepath.Join(root, target), nil
}

// moduleRoot returns the directory of go.mod: go test runs a test in its
// package's directory.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("module root: %w", err)
	}
	for ; ; dir = filepath.Dir(dir) {
		_, err := os.Stat(filepath.Join(dir, "go.mod"))
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return "", fmt.Errorf("module root: %w", err)
		}
	}
}
