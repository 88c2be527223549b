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
	path := filepath.Join(bundle, "config.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := json.Unmarshal(raw, &config); err != nil {
		t.Fatal(err)
	}
	process, ok := config["process"].(map[string]any)
	if !ok {
		t.Fatalf("runc spec: no process in %s", raw)
	}
	delete(process, "rlimits")
	delete(process, "oomScoreAdj")
	process["terminal"] = false
	process["args"] = []string{"/bin/sh", "-c", "sleep 1000 & exit 4"}
	config["root"] = map[string]any{"path": root, "readonly": true}
	if raw, err = json.Marshal(config); err == nil {
		err = os.WriteFile(path, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return bundle
}
