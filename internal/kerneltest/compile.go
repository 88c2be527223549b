package kerneltest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
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
// testdata/helpers/NAME.c. It is static, so that it also runs in a container's
// or a machine's file system, and built when it is older than its sources.
func CompileHelper(t testing.TB, name string) string {
	t.Helper()
	if dir := os.Getenv(helpersEnv); dir != "" {
		return filepath.Join(dir, name)
	}
	RequireTool(t, "gcc")
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
	sources := filepath.Join(root, "testdata", "helpers")
	source, header := filepath.Join(sources, name+".c"), filepath.Join(sources, "helper.h")
	target := filepath.Join(root, "bin", "helpers", name)
	if newer(target, source, header) {
		return target, nil
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return "", fmt.Errorf("helper %s: %w", name, err)
	}
	// Test processes run side by side: each builds a file of its own, and the
	// rename is atomic.
	fresh := fmt.Sprintf("%s.%d", target, os.Getpid())
	defer os.Remove(fresh)
	gcc := exec.Command("gcc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-static", "-pthread", "-o", fresh, source)
	if out, err := gcc.CombinedOutput(); err != nil {
		return "", fmt.Errorf("helper %s: %w\n%s", name, err, out)
	}
	if err := os.Rename(fresh, target); err != nil {
		return "", fmt.Errorf("helper %s: %w", name, err)
	}
	return target, nil
}

// newer reports whether target is there and younger than all its sources.
func newer(target string, sources ...string) bool {
	built, err := os.Stat(target)
	if err != nil {
		return false
	}
	for _, source := range sources {
		if info, err := os.Stat(source); err != nil || !info.ModTime().Before(built.ModTime()) {
			return false
		}
	}
	return true
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
