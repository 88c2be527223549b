package self

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestReadStatus(t *testing.T) {
	s, err := ReadStatus(fstest.MapFS{"proc/self/status": file("Name:\tCapEff: 1\nUid:\t7\t1000\t7\t7\nNSpid:\t8\t1\nCapEff:\t0000000000000005\nCapBnd:\t0000000000000007\nSeccomp:\t2\nNoNewPrivs:\t1\n")})
	if want := (Status{Effective: 5, Bounding: 7, Seccomp: 2, NoNewPrivs: true, Levels: 2, UID: 1000}); err != nil || s != want {
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

// TestGain: of what is advised each helps, in whatever way the rights are denied.
func TestGain(t *testing.T) {
	const all, admin = 1<<41 - 1, 1 << capSysAdmin
	both, numbers := []string{"CAP_BPF", "CAP_PERFMON"}, []int{capBPF, capPerfmon}
	for name, c := range map[string]struct {
		status    Status
		with, not string
	}{
		"user":                          {Status{UID: 1000, Bounding: all}, "run as root, or give both: setcap", "cap-add"},
		"user, nosuid":                  {Status{UID: 1000, Bounding: all, NoSuid: true}, "on a mount without nosuid", "cap-add"},
		"root":                          {Status{Bounding: all}, "give both: setcap", "root"},
		"user, CAP_SYS_ADMIN to be had": {Status{UID: 1000, Bounding: admin}, "run as root, or give the program CAP_SYS_ADMIN", "neither"},
		"the same, no_new_privs":        {Status{UID: 1000, Bounding: admin, NoNewPrivs: true}, "ambient", "root"},
		"user in a container":           {Status{UID: 1000}, "and as root in it", "or give"},
		"root in a container":           {Status{}, "with Docker before 23.0, which does not know CAP_BPF, --cap-add SYS_ADMIN", "as root"},
	} {
		if got := c.status.Gain(both, numbers); !strings.Contains(got, c.with) || strings.Contains(got, c.not) {
			t.Errorf("%s: %s; want %s and nothing of %s", name, got, c.with, c.not)
		}
	}
	reading := Status{UID: 1000, Bounding: admin}.Gain([]string{"CAP_SYS_PTRACE"}, []int{19})
	if !strings.Contains(reading, "--cap-add SYS_PTRACE") || strings.Contains(reading, "Docker before") {
		t.Errorf("for CAP_SYS_PTRACE nothing stands in: %s", reading)
	}
}

// TestNoSuid: the mount that the program is seen through counts.
func TestNoSuid(t *testing.T) {
	for mounts, want := range map[string]bool{
		"1 0 0:1 / / rw - ext4 d rw\n2 1 0:2 / /opt rw,nosuid - ext4 d rw\n":                                 true,
		"1 0 0:1 / / rw,nosuid - ext4 d rw\n2 1 0:2 / /opt rw - ext4 d rw\n":                                 false,
		"1 0 0:1 / / rw - ext4 d rw\n2 1 0:2 / /op rw,nosuid - ext4 d rw\n":                                  false,
		"1 0 0:1 / / rw - ext4 d rw\n2 1 0:2 / /opt rw,nosuid - ext4 d rw\n3 2 0:3 / /opt rw - tmpfs d rw\n": false,
	} {
		s, err := ReadStatus(fstest.MapFS{"proc/self/status": file("CapEff:\t1\n"), "proc/self/mountinfo": file(mounts),
			"proc/self/exe": {Data: []byte("/opt/bin/ptrace-ns"), Mode: fs.ModeSymlink}})
		if err != nil || s.NoSuid != want {
			t.Errorf("%s: %t, %v", mounts, s.NoSuid, err)
		}
	}
}

// TestMountFlags: optional fields between a mount's flags and the hyphen are none of both.
func TestMountFlags(t *testing.T) {
	got := Mounts(fstest.MapFS{"proc/self/mountinfo": file("31 1 0:27 /r /p rw,nosuid shared:4 master:1 - cgroup c rw,memory\n")})
	if want := (Mount{"/r", "/p", "rw,nosuid", "cgroup", "rw,memory"}); len(got) != 1 || got[0] != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
