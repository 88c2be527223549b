package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// runcBundle makes a bundle around the busybox root: what `runc spec` proposes,
// without the limits that a root with fewer capabilities may not set.
func runcBundle(t testing.TB) string {
	t.Helper()
	kerneltest.RequireTool(t, "runc")
	root, err := busyboxRoot()
	if err != nil {
		t.Fatal(err)
	}
	bundle := t.TempDir()
	run(t, "runc", "spec", "--bundle", bundle)
	editBundle(t, bundle, func(config map[string]any) {
		process, ok := config["process"].(map[string]any)
		if !ok {
			t.Fatalf("runc spec: no process in %v", config)
		}
		delete(process, "rlimits")
		delete(process, "oomScoreAdj")
		process["terminal"] = false
		process["args"] = []string{"/bin/sh", "-c", "sleep 1000 & exit 4"}
		config["root"] = map[string]any{"path": root, "readonly": true}
	})
	return bundle
}

// editBundle changes a bundle's configuration.
func editBundle(t testing.TB, bundle string, change func(config map[string]any)) {
	t.Helper()
	path := filepath.Join(bundle, "config.json")
	var config map[string]any
	decode(t, readFile(t, path), &config)
	change(config)
	raw, err := json.Marshal(config)
	if err == nil {
		err = os.WriteFile(path, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func decode(t testing.TB, text string, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), to); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
