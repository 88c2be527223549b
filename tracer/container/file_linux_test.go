package container

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// TestHostileFiles: what is no ordinary file of a runtime's size is not read, and
// nothing waits for it.
func TestHostileFiles(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		if err := os.WriteFile(path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("good", `{"annotations":{"a":"b"}}`)
	write("large", `{"x":"`+strings.Repeat("x", maxFile)+`"}`)
	write("deep", strings.Repeat(`{"x":`, 20000)+"1"+strings.Repeat("}", 20000))
	write("torn", `{"annotations":{"a":`)
	if err := errors.Join(
		os.Symlink("good", path("link")),
		os.Mkdir(path("dir"), 0o700),
		syscall.Mkfifo(path("fifo"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	var s spec
	if err := readJSON(path("good"), &s); err != nil || s.Annotations["a"] != "b" {
		t.Errorf("good: %+v, %v", s, err)
	}
	for name, want := range map[string]error{
		"large": errTooLarge, "link": errNotRegular, "dir": errNotRegular, "fifo": errNotRegular,
		"nothing": os.ErrNotExist, "deep": nil, "torn": nil,
	} {
		if err := readJSON(path(name), &s); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	if err := readJSON("/dev/zero", &s); !errors.Is(err, errNotRegular) {
		t.Errorf("device: %v, want %v", err, errNotRegular)
	}
}

// TestIDsAreNoPaths: an id cannot lead out of a runtime's directory.
func TestIDsAreNoPaths(t *testing.T) {
	for _, id := range []string{"", ".", "..", "a/b", "../a", "a\x00", "a b", strings.Repeat("a", 256), "ä", "a\n"} {
		if validID(id) {
			t.Errorf("%q is an id", id)
		}
	}
	for _, id := range []string{"a", "a.b", "a-b_c+d", "...", strings.Repeat("a", 255)} {
		if !validID(id) {
			t.Errorf("%q is no id", id)
		}
	}
}

// FuzzState feeds every file that is read with anything. What comes out keeps the id
// that the path has.
func FuzzState(f *testing.F) {
	f.Add(`{"annotations":{"io.kubernetes.cri.container-name":"x"},"linux":{"cgroupsPath":"/docker/`+id+`"},"mounts":[{"source":"/data/containers/`+id+`/x"}]}`,
		`{"ID":"`+id+`","Name":"/web","Config":{"Image":"i","Labels":{"a":"b"}}}`)
	f.Add(`{"id":"`+id+`","cgroup_paths":{"":"/`+id+`"},"config":{"labels":["bundle=/x"]}}`, `[{"id":"`+id+`","names":["x"],"metadata":"{}"}]`)
	f.Add(`{"cgroup-path":"/`+id+`","bundle":"../../etc"}`, `null`)
	f.Fuzz(func(t *testing.T, state, names string) {
		root := disk(t, map[string]string{
			tasks + "moby/" + id + "/config.json":                  state,
			storage + id + "/userdata/config.json":                 state,
			"run/runc/" + id + "/state.json":                       state,
			"run/crun/" + id + "/status":                           state,
			"var/lib/docker/containers/" + id + "/config.v2.json":  names,
			storage + "containers.json":                            names,
			"var/lib/docker/containers/" + id + "/hostconfig.json": state,
		})
		for _, path := range []string{"/docker/" + id, "/libpod_parent/libpod-" + id, "/" + id, "/kubepods/podx/" + id} {
			c := NewResolver(root).Identify(path).Container
			if c == nil {
				continue
			}
			if c.ID != id || c.Source == "" || len(c.Name) > maxText || len(c.Image) > maxText {
				t.Errorf("%s: %+v", path, c)
			}
		}
	})
}

// FuzzFromCgroup: any path has a container with an id, or none.
func FuzzFromCgroup(f *testing.F) {
	f.Add("/docker/" + id)
	f.Add(`/machine.slice/machine-a\x2db.scope`)
	f.Add("/kubepods/pod/" + id)
	f.Add("a.slice:cri-containerd:" + id)
	f.Fuzz(func(t *testing.T, path string) {
		for c := FromCgroup(path); c != nil; c = c.Outer {
			if c.ID == "" || c.Source != "cgroup" {
				t.Errorf("%q: %+v", path, c)
			}
		}
	})
}

// FuzzRole: any arguments are read, and an id that they give is one.
func FuzzRole(f *testing.F) {
	f.Add("/usr/bin/runc", "runc", []byte("runc\x00--root\x00/r\x00create\x00--bundle\x00/b\x00web\x00"))
	f.Add("/usr/bin/docker-proxy", "docker-proxy", []byte("docker-proxy\x00-host-port\x0080\x00-container-port\x00="))
	f.Fuzz(func(t *testing.T, exe, comm string, args []byte) {
		r := RoleOf(&events.Process{Exe: exe, Comm: comm, Args: events.Args{Raw: args, Status: events.Complete}})
		if r.Call.ID != "" && !validID(r.Call.ID) {
			t.Errorf("id %q", r.Call.ID)
		}
		if (r.Name == "") != (r.Words == "") {
			t.Errorf("%+v", r)
		}
	})
}
