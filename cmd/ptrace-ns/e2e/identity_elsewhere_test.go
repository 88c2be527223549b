package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

// TestRuncElsewhere: containers of runc in cgroups that do not bear their ids, as their
// bundles say: while they are made, two of one id included, and when they were there before.
func TestRuncElsewhere(t *testing.T) {
	requireDocker(t)
	id := strings.ReplaceAll(nameOf(t), "_", "-")
	tr := start(t)
	inits := map[string]int{}
	for _, root := range []string{"/run/runc", t.TempDir()} {
		bundle, cgroup := runcBundle(t), "/pns-pool-"+nameOf(t)
		editBundle(t, bundle, func(c map[string]any) {
			c["linux"].(map[string]any)["cgroupsPath"] = cgroup
			c["process"].(map[string]any)["args"] = []string{"/bin/sleep", "1000"}
		})
		t.Cleanup(func() { exec.Command("runc", "--root", root, "delete", "--force", id).Run() })
		cmd := exec.Command("runc", "--root", root, "run", "--detach", "--bundle", bundle, "--pid-file", bundle+"/pid", id)
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		init := number(t, strings.TrimSpace(readFile(t, bundle+"/pid")))
		inits[root] = init
		began := tr.wait("the start", kind("exec"), pid(init), with("/bin/sleep", "1000"))
		if c := began.Process.Container; c == nil || c.ID != id || c.Runtime != "runc" || c.Source != "state" {
			t.Fatalf("container %+v, want runc's %s", c, id)
		}
	}
	before := inits["/run/runc"]
	tr.wait("the first one's start", kind("container_start"), pid(before))
	looked := processesOf(t, run(t, binary(t), "tree", "-c", id, "-o", "json"))
	if p, ok := looked[before]; !ok || p.Container == nil || p.Container.ID != id {
		t.Errorf("tree of what is there: %+v, want %d in %s", looked, before, id)
	}
	if err := exec.Command("runc", "delete", "--force", id).Run(); err != nil {
		t.Fatal(err)
	}
	ended := tr.wait("the end", kind("container_exit"), pid(before))
	equal(t, "whose end", ended.Process.Container.ID, id)
	tr.end()
}
