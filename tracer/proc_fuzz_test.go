//go:build linux

package tracer

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// FuzzStat reads a start out of anything that /proc/PID/stat might be. A name of the
// process's choice, parentheses and numbers in it, moves no field.
func FuzzStat(f *testing.F) {
	own, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(own, "a) S 1 1 (b", uint64(7))
	f.Add([]byte("1 (x"), "\n)", uint64(1)<<63)
	f.Add([]byte(") "), "", uint64(0))
	f.Fuzz(func(t *testing.T, raw []byte, comm string, ticks uint64) {
		startedAt(raw, ticks)
		ticks %= 1 << 40
		stat := fmt.Sprintf("9 (%s) S%s %d 0", comm, strings.Repeat(" 1", 18), ticks)
		start := ticks*clockTick - uint64(bootOffset())
		if !startedAt([]byte(stat), start) || startedAt([]byte(stat), start+clockTick) {
			t.Errorf("%q: not the start %d", stat, ticks)
		}
	})
}

// FuzzStatus reads a field out of anything that /proc/PID/status might be. A name whose
// line breaks are escaped, as the kernel's are, looks like no other field.
func FuzzStatus(f *testing.F) {
	f.Add("Name:\tx\nNSpid:\t7\t1\n", "NSpid:\t666")
	f.Add("NSpid:", "")
	f.Add("NSpid:\t9999999999999\nNSpid", "\x00")
	f.Fuzz(func(t *testing.T, raw, comm string) {
		parsePIDs(fieldOf([]byte(raw), "NSpid"))
		comm = strings.ReplaceAll(comm, "\n", `\n`)
		pids := parsePIDs(fieldOf([]byte("Name:\t"+comm+"\nState:\tS\nNSpid:\t7\t1\n"), "NSpid"))
		if len(pids) != 2 || pids[0] != 7 || pids[1] != 1 {
			t.Errorf("name %q: numbers %v", comm, pids)
		}
	})
}

// FuzzMounts reads where the hierarchies are mounted out of anything that mountinfo and
// /proc/self/cgroup might be: what comes out was in them.
func FuzzMounts(f *testing.F) {
	f.Add("30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n31 24 0:27 /docker/x /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n", "8:memory:/docker\n0::/\n", uint32(8))
	f.Add("30 24 0:26 / /covered rw - cgroup2 cgroup2 rw\n31 24 0:26 / /other rw - cgroup2 cgroup2 rw\n", "0::/\n", uint32(0))
	f.Add(" - \n - cgroup - cgroup", ":::\n1:a,b", uint32(1))
	f.Fuzz(func(t *testing.T, mounts, own string, v1 uint32) {
		hierarchies := parseHierarchies(own)
		for name, id := range hierarchies {
			if id == 0 || !strings.Contains(own, name) {
				t.Errorf("%q: controller %q is %d", own, name, id)
			}
		}
		seen := map[uint32]bool{}
		for _, m := range parseMounts(strings.NewReader(mounts), hierarchies, v1, func(dir string) bool { return dir != "/covered" }) {
			if !strings.Contains(mounts, m.dir) || m.hierarchy != 0 && m.hierarchy != v1 || seen[m.hierarchy] || m.dir == "/covered" {
				t.Errorf("%q: %+v", mounts, m)
			}
			seen[m.hierarchy] = true
		}
	})
}
