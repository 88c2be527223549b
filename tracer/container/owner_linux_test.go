package container

import (
	"os"
	"path/filepath"
	"testing"
)

// TestCgroupOwner: the owner is that of the cgroup in each hierarchy that has it.
func TestCgroupOwner(t *testing.T) {
	me := uint32(os.Getuid())
	for name, files := range map[string][]string{
		"v2":     {"sys/fs/cgroup/cgroup.controllers", "sys/fs/cgroup/a/b/cgroup.procs", "sys/fs/cgroup/x/a/c/f"},
		"hybrid": {"sys/fs/cgroup/unified/a/b/f", "sys/fs/cgroup/memory/a/f"},
		"v1":     {"sys/fs/cgroup/memory/a/b/f"},
	} {
		t.Run(name, func(t *testing.T) {
			texts := map[string]string{}
			for _, f := range files {
				texts[f] = ""
			}
			r := NewResolver(disk(t, texts))
			if got := r.cgroupOwner("/a/b"); got != me {
				t.Errorf("owner %d, want %d", got, me)
			}
			for _, gone := range []string{"/a/c", "/b", "/a/b/c"} {
				if got := r.cgroupOwner(gone); got != superuser {
					t.Errorf("%s: owner %d of what is not there, want root", gone, got)
				}
			}
		})
	}
	t.Run("of two owners", func(t *testing.T) {
		root := disk(t, map[string]string{"sys/fs/cgroup/unified/a/f": "", "sys/fs/cgroup/memory/a/f": ""})
		r := NewResolver(root)
		if err := os.Lchown(filepath.Join(root, "sys/fs/cgroup/memory/a"), user, user); err != nil {
			t.Skipf("chown is for root: %v", err)
		}
		if err := os.Lchown(filepath.Join(root, "sys/fs/cgroup/unified/a"), user+1, user+1); err != nil {
			t.Fatal(err)
		}
		if got := r.cgroupOwner("/a"); got != superuser {
			t.Errorf("owner %d where hierarchies differ, want root", got)
		}
		if err := os.Lchown(filepath.Join(root, "sys/fs/cgroup/unified/a"), user, user); err != nil {
			t.Fatal(err)
		}
		if got := r.cgroupOwner("/a"); got != user {
			t.Errorf("owner %d where they agree, want %d", got, user)
		}
	})
}
