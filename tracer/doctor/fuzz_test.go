//go:build linux

package doctor

import (
	"maps"
	"slices"
	"testing"
	"unicode/utf8"
)

// FuzzMachine puts anything in the place of one of the files that are looked at: each row
// still says something, in valid UTF-8.
func FuzzMachine(f *testing.F) {
	paths := slices.Sorted(maps.Keys(healthy()))
	for i, path := range paths {
		f.Add(uint8(i), string(healthy()[path].Data))
	}
	f.Add(uint8(slices.Index(paths, "proc/self/mountinfo")), "22 1 0:21 / /proc rw - proc proc rw,hidepid=\n - \n1 2 3 4 5 - cgroup2")
	f.Add(uint8(slices.Index(paths, "proc/self/cgroup")), "0::/../../x\n:memory:/\n9:memory")
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		machine := healthy()
		path := paths[int(which)%len(paths)]
		changed := *machine[path]
		changed.Data = []byte(text)
		machine[path] = &changed
		c := examine(machine, able())
		rows := map[string]bool{}
		for _, check := range c.Checks {
			rows[check.Name] = true
			if check.Says == "" || !utf8.ValidString(check.Says) || !utf8.ValidString(check.Mend) {
				t.Errorf("%s is %q: %+v", path, text, check)
			}
		}
		if len(rows) != len(checks) {
			t.Errorf("%s is %q: %d of %d rows say something", path, text, len(rows), len(checks))
		}
	})
}
