package self

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Mount is a line of mountinfo: what is mounted, where, that mount's own flags, the kind
// of file system and the options of it.
type Mount struct{ Root, Point, Flags, Kind, Options string }

// Mounts reads /proc/self/mountinfo (proc(5)), in its order: of several at one place the
// last is seen. The kind and the options are behind the lone hyphen.
func Mounts(root fs.FS) (all []Mount) {
	for line := range strings.Lines(text(root, "proc/self/mountinfo")) {
		before, after, ok := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if ok && len(left) > 5 && len(right) > 0 {
			all = append(all, Mount{left[3], left[4], left[5], right[0], right[len(right)-1]})
		}
	}
	return all
}

// MemoryLimit returns the least limit in bytes of this process's cgroups and of those
// above, and the file that says so; -1 where none is seen.
func MemoryLimit(root fs.FS) (least int64, where string) {
	least = -1
	for line := range strings.Lines(text(root, "proc/self/cgroup")) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(part) < 3 {
			continue
		}
		for _, m := range Mounts(root) {
			file := ""
			switch {
			case m.Kind == "cgroup2" && part[1] == "":
				file = "memory.max"
			case m.Kind == "cgroup" && part[1] == "memory" && strings.Contains(","+m.Options+",", ",memory,"):
				file = "memory.limit_in_bytes"
			default:
				continue
			}
			for dir := path.Join(m.Point, part[2]); strings.HasPrefix(dir, m.Point); dir = path.Dir(dir) {
				name := path.Join(dir, file)
				n, err := strconv.ParseInt(strings.TrimSpace(text(root, strings.TrimPrefix(name, "/"))), 10, 64)
				// v1 says "none" by the largest number of pages.
				if err == nil && n < 1<<60 && (least < 0 || n < least) {
					least, where = n, name
				}
				if dir == "/" {
					break
				}
			}
		}
	}
	return least, where
}

// MiB writes a number of bytes as people are told it.
func MiB(bytes int64) string { return fmt.Sprintf("%.4g MiB", float64(bytes)/(1<<20)) }

// Limit returns the soft limit of this process of that name, as "Max open files", in the
// words of /proc/self/limits (proc(5)); empty where it cannot be read.
func Limit(root fs.FS, name string) string {
	for line := range strings.Lines(text(root, "proc/self/limits")) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			if f := strings.Fields(rest); len(f) > 0 {
				return f[0]
			}
		}
	}
	return ""
}

// text returns a file's text as valid UTF-8, empty where it cannot be read.
func text(root fs.FS, name string) string {
	raw, err := fs.ReadFile(root, name)
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD")
}
