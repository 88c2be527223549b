package self

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestReadStatus(t *testing.T) {
	s, err := ReadStatus(fstest.MapFS{"proc/self/status": file("Name:\tCapEff: 1\nNSpid:\t8\t1\nCapEff:\t0000000000000005\nCapBnd:\t0000000000000007\nSeccomp:\t2\nNoNewPrivs:\t1\n")})
	if want := (Status{Effective: 5, Bounding: 7, Seccomp: 2, NoNewPrivs: true, Levels: 2}); err != nil || s != want {
		t.Errorf("%+v, %v, want %+v", s, err, want)
	}
	if !s.Has(2) || s.Has(1) {
		t.Errorf("capabilities of %x", s.Effective)
	}
	for _, text := range []string{"", "Name:\tx\n", "CapEff:\tzz\n", "CapEff:\t1\nSeccomp:\tx\n"} {
		if s, err := ReadStatus(fstest.MapFS{"proc/self/status": file(text)}); err == nil {
			t.Errorf("%q is %+v", text, s)
		}
	}
	if _, err := ReadStatus(fstest.MapFS{}); err == nil {
		t.Error("no /proc is no error")
	}
}

// TestInitialUserNS: a child that maps every id to itself is a child.
func TestInitialUserNS(t *testing.T) {
	for link, want := range map[string][2]bool{"user:[4026531837]": {true, true}, "user:[4026532178]": {false, true}, "": {false, false}} {
		root := fstest.MapFS{"proc/self/uid_map": file("         0          0 4294967295\n")}
		if link != "" {
			root["proc/self/ns/user"] = &fstest.MapFile{Data: []byte(link), Mode: fs.ModeSymlink}
		}
		if is, known := InitialUserNS(root); is != want[0] || known != want[1] {
			t.Errorf("%q: %t, known %t, want %v", link, is, known, want)
		}
	}
}

// TestMemoryLimit: the least of all above, in either hierarchy; none is none.
func TestMemoryLimit(t *testing.T) {
	const mounts = "30 1 0:26 / /sys/fs/cgroup/unified rw - cgroup2 c rw\n31 1 0:27 / /sys/fs/cgroup/memory rw - cgroup c rw,memory\n"
	for name, c := range map[string]struct {
		cgroup string
		files  map[string]string
		want   int64
		where  string
	}{
		"own":          {"0::/a/b\n", map[string]string{"unified/a/b/memory.max": "7\n"}, 7, "/sys/fs/cgroup/unified/a/b/memory.max"},
		"above":        {"0::/a/b\n", map[string]string{"unified/a/b/memory.max": "7\n", "unified/a/memory.max": "5\n"}, 5, "/sys/fs/cgroup/unified/a/memory.max"},
		"max":          {"0::/a/b\n", map[string]string{"unified/a/b/memory.max": "max\n"}, -1, ""},
		"v1":           {"4:memory:/a\n0::/\n", map[string]string{"memory/a/memory.limit_in_bytes": "9\n"}, 9, "/sys/fs/cgroup/memory/a/memory.limit_in_bytes"},
		"v1 without":   {"4:memory:/a\n", map[string]string{"memory/a/memory.limit_in_bytes": "9223372036854771712\n"}, -1, ""},
		"outside":      {"0::/../../x\n", nil, -1, ""},
		"another's v1": {"4:pids:/a\n", map[string]string{"memory/a/memory.limit_in_bytes": "9\n"}, -1, ""},
	} {
		root := fstest.MapFS{"proc/self/mountinfo": file(mounts), "proc/self/cgroup": file(c.cgroup)}
		for path, text := range c.files {
			root["sys/fs/cgroup/"+path] = file(text)
		}
		if got, where := MemoryLimit(root); got != c.want || where != c.where {
			t.Errorf("%s: %d by %q, want %d by %q", name, got, where, c.want, c.where)
		}
	}
}
