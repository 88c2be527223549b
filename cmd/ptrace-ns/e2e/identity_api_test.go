package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestAPIThatHangs: an engine that never answers is told of, once, at the end.
func TestAPIThatHangs(t *testing.T) {
	requireDocker(t)
	socket := filepath.Join(t.TempDir(), "engine.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, r := recordOf(t, 0, []string{"--runtime-api", socket}, "docker", "run", "--rm", "--network", "none", image, "/bin/true")
	if strings.Count(r.err, "container API: ") != 1 {
		t.Errorf("want one warning of the API: %s", r.err)
	}
}

// TestAPIOfOneLook: a look waits for the engine's answers, and not for an engine that hangs.
func TestAPIOfOneLook(t *testing.T) {
	requireDocker(t)
	name := nameOf(t)
	id := dockerRun(t, "--name", name, "--network", "none", image, "/bin/sleep", "1000")
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		switch {
		case strings.HasSuffix(r.URL.Path, "/_ping"):
		case strings.Contains(r.URL.Path, id):
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"Id":%q,"Name":"/told","Config":{"Image":"by:api"}}`, id)
		default:
			http.Error(w, `{"message":"No such container"}`, http.StatusNotFound)
		}
	})}
	listen := func() (net.Listener, string) {
		socket := filepath.Join(t.TempDir(), "engine.sock")
		l, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l, socket
	}
	l, answers := listen()
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	if r := tell(t, nil, "tree", "--runtime-api", answers, "-c", "told"); r.code != 0 || !strings.Contains(r.out, "[docker told]") {
		t.Errorf("exit code %d, tree does not have what the engine tells: %s%s", r.code, r.out, r.err)
	}
	_, hangs := listen()
	if r := tell(t, nil, "tree", "--runtime-api", hangs, "-c", name); r.code != 0 || !strings.Contains(r.out, "[docker "+name+"]") || strings.Count(r.err, "container API: ") != 1 {
		t.Errorf("exit code %d, want the name of the files and one warning: %s%s", r.code, r.out, r.err)
	}
}

// TestContainerdAPI: containerd itself is asked for its containers. Labels of ctr's are in
// the bundle, too.
func TestContainerdAPI(t *testing.T) {
	requireDocker(t)
	kerneltest.RequireTool(t, "ctr")
	root, err := busyboxRoot()
	if err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprintf("pns-api-%d", os.Getpid())
	t.Cleanup(func() {
		exec.Command("ctr", "task", "kill", "-s", "SIGKILL", id).Run()
		exec.Command("ctr", "task", "rm", "-f", id).Run()
		exec.Command("ctr", "container", "rm", id).Run()
	})
	run(t, "ctr", "run", "-d", "--label", "nerdctl/name=shop", "--rootfs", root, id, "/bin/sleep", "1000")
	for api, source := range map[string]string{"/run/containerd/containerd.sock": "api", "auto": "api", "off": "state"} {
		r := tell(t, nil, "tree", "-o", "json", "--runtime-api", api, "-c", id)
		if r.code != 0 {
			t.Fatalf("%s: exit code %d: %s", api, r.code, r.err)
		}
		var doc []struct{ Process ndjson.ProcessDoc }
		decode(t, r.out, &doc)
		if len(doc) != 1 || doc[0].Process.Container == nil {
			t.Fatalf("%s: got %s", api, r.out)
		}
		equal(t, api+": source", doc[0].Process.Container.Source, source)
		equal(t, api+": name", doc[0].Process.Container.Name, "shop")
	}
}
