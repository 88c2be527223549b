//go:build linux

package tracer

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

// v1Preferred are the controllers that every runtime gives a container a cgroup
// in, the best first.
var v1Preferred = []string{"memory", "pids", "cpu", "cpuacct", "devices", "freezer"}

// v1Controller returns the index in css_set.subsys and the hierarchy of the v1
// controller by which containers are told apart, or -1 and 0 where none is mounted.
func v1Controller(kernel *btf.Spec) (subsys int32, hierarchy uint32) {
	mounted := v1Hierarchies()
	var ids *btf.Enum
	if err := kernel.TypeByName("cgroup_subsys_id", &ids); err != nil {
		return -1, 0
	}
	for _, name := range v1Preferred {
		h, ok := mounted[name]
		if !ok {
			continue
		}
		for _, v := range ids.Values {
			if v.Name == name+"_cgrp_id" {
				return int32(v.Value), h
			}
		}
	}
	return -1, 0
}

// v1Hierarchies reads the hierarchy number of each v1 controller from
// /proc/self/cgroup.
func v1Hierarchies() map[string]uint32 {
	raw, _ := os.ReadFile("/proc/self/cgroup") // none where it cannot be read
	return parseHierarchies(string(raw))
}

// parseHierarchies reads lines like "8:memory:/docker/…"; 0 is the unified hierarchy.
func parseHierarchies(own string) map[string]uint32 {
	all := map[string]uint32{}
	for line := range strings.Lines(own) {
		part := strings.SplitN(line, ":", 3)
		id, err := strconv.ParseUint(part[0], 10, 32)
		if err != nil || id == 0 || len(part) < 3 {
			continue
		}
		for _, name := range strings.Split(part[1], ",") {
			all[name] = uint32(id)
		}
	}
	return all
}

type cgroupMount struct {
	dir, root string
	hierarchy uint32
}

// cgroupMounts finds where the hierarchies are mounted (proc(5), mountinfo).
func cgroupMounts(v1 uint32) []cgroupMount {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // only read
	return parseMounts(f, v1Hierarchies(), v1, uncovered)
}

// uncovered says that what is seen at a mount point is the cgroup file system that
// mountinfo lists there. Mounts that another one covers are listed like all others, and
// the numbers of the directories of that one are no cgroup's.
func uncovered(dir string) bool {
	var st unix.Statfs_t
	err := unix.Statfs(dir, &st)
	return err == nil && (st.Type == unix.CGROUP2_SUPER_MAGIC || st.Type == unix.CGROUP_SUPER_MAGIC)
}

// parseMounts reads mountinfo; v1Names are the hierarchies of the v1 controllers, v1 the
// one of them that is wanted. Of each hierarchy it returns the first mount that is usable.
func parseMounts(mountinfo io.Reader, v1Names map[string]uint32, v1 uint32, usable func(dir string) bool) (all []cgroupMount) {
	seen := map[uint32]bool{}
	for lines := bufio.NewScanner(mountinfo); lines.Scan(); {
		m, fstype, options, ok := parseMount(lines.Text())
		if !ok {
			continue
		}
		switch fstype {
		case "cgroup2":
		case "cgroup":
			for _, name := range strings.Split(options, ",") {
				if id, ok := v1Names[name]; ok {
					m.hierarchy = id
				}
			}
			if v1 == 0 || m.hierarchy != v1 {
				continue
			}
		default:
			continue
		}
		if !seen[m.hierarchy] && usable(m.dir) {
			seen[m.hierarchy] = true
			all = append(all, m)
		}
	}
	return all
}

func parseMount(line string) (m cgroupMount, fstype, options string, ok bool) {
	before, after, ok := strings.Cut(line, " - ")
	if !ok {
		return m, "", "", false
	}
	left, right := strings.Fields(before), strings.Fields(after)
	if len(left) < 5 || len(right) < 3 {
		return m, "", "", false
	}
	return cgroupMount{dir: left[4], root: left[3]}, right[0], right[2], true
}
