package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// TestCompletionOfRecordings: what a recording has names for is offered to the shell.
func TestCompletionOfRecordings(t *testing.T) {
	const dir = "../../testdata/recordings/"
	for line, want := range map[string]string{
		"timeline " + dir + "pod.zst |":                       "733b18967aea\tcontainerd app\tcontainerd localhost/demo:1 sidecar\tcontainerd localhost/demo:1 :4",
		"explain " + dir + "pod.zst s|":                       "sidecar\tcontainerd localhost/demo:1 :4",
		"timeline " + dir + "pod.zst app |":                   ":4",
		"timeline |":                                          ":0",
		"replay " + dir + "pod.zst -c ap|":                    "app\tcontainerd localhost/demo:1 :4",
		"tree -r " + dir + "docker-exec.zst -c 79c|":          "79cab9b9b73e\tdocker :4",
		"tree -r " + dir + "docker-exec.zst -c 79cab9b9b73e|": "79cab9b9b73e\tdocker :4",
		"lineage -r " + dir + "runc.zst 26796|":               "26796\trunc :4",
		"lineage -r " + dir + "runc.zst 1 |":                  ":4",
		"timeline nosuch.zst |":                               ":4",
	} {
		cut := strings.LastIndexByte(line, ' ')
		words, begun := line[:cut], strings.TrimSuffix(line[cut+1:], "|")
		r := (&fake{}).execute(t, nil, slices.Concat([]string{"__complete"}, strings.Fields(words), []string{begun})...)
		if got := strings.Join(strings.Split(strings.TrimSpace(r.out), "\n"), " "); r.code != 0 || got != want {
			t.Errorf("%q: exit code %d, got %q, want %q", line, r.code, got, want)
		}
	}
}

// TestCompletionOfMachine: containers and processes are found in /proc and in runtimes'
// files, and no byte of theirs acts in a shell or a terminal.
func TestCompletionOfMachine(t *testing.T) {
	id := strings.Repeat("9f1c", 16)
	root := t.TempDir()
	for path, text := range map[string]string{
		"proc/7/comm":   "sh\n",
		"proc/7/cgroup": "5:memory:/docker/" + id + "\n0::/docker/" + id + "\n",
		"proc/8/comm":   "a\x1b[31m\nb\n",
		"proc/8/cgroup": "0::/user.slice\n",
		"proc/9/cgroup": "0::/\n",
		"var/lib/docker/containers/" + id + "/config.v2.json": `{"ID":"` + id + `","Name":"/web","Config":{"Image":"busy\nbox"}}`,
	} {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found := namesNow(root)
	for begun, want := range map[string][]string{
		"":      {"web\tdocker busy\\x0abox"},
		"9f":    {"9f1c9f1c9f1c\tdocker busy\\x0abox web"},
		id[:20]: {id + "\tdocker busy\\x0abox web"},
		"x":     nil,
	} {
		if got := found.containersBegun(begun); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", begun, got, want)
		}
	}
	if got, want := found.processesBegun(""), []string{"7\tsh", "8\ta\\x1b[31m\\x0ab"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for range 2 * maxOffered {
		found.add(&events.Container{ID: "c" + strings.Repeat("x", len(found.containers))})
	}
	if got := len(found.containersBegun("")); got != maxOffered {
		t.Errorf("%d words, want at most %d", got, maxOffered)
	}
}
