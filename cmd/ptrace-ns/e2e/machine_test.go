package e2e

import (
	"os"
	"regexp"
	"strconv"
	"strings"
)

// fact is what /proc says of one process at one moment; it may be gone at the next.
type fact struct {
	ppid   int32
	chain  []int32 // NSpid
	ticks  uint64  // start since boot, in hundredths of a second
	docker string  // id of the docker container whose cgroup it is in
	ending bool    // a zombie, or still on the way there: its exit may have been told
}

var dockerCgroup = regexp.MustCompile(`/docker[/-]([0-9a-f]{64})`)

// factOf reads a process's directory; not ok is that it has gone meanwhile.
func factOf(dir string) (f fact, ok bool) {
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		return f, false
	}
	for text := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(text, ":")
		value = strings.TrimSpace(value)
		switch name {
		case "PPid":
			f.ppid = parse32(value)
		case "State":
			f.ending = strings.HasPrefix(value, "Z") || strings.HasPrefix(value, "X")
		case "NSpid":
			for n := range strings.FieldsSeq(value) {
				f.chain = append(f.chain, parse32(n))
			}
		}
	}
	cgroups, err := os.ReadFile(dir + "/cgroup")
	if err != nil {
		return f, false
	}
	if id := dockerCgroup.FindStringSubmatch(string(cgroups)); id != nil {
		f.docker = id[1]
	}
	// Read last: whose number it still is, his was the rest.
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return f, false
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const exiting = 0x4 // PF_EXITING, include/linux/sched.h
	flags, err := strconv.ParseUint(fields[6], 10, 32)
	if err != nil {
		return f, false
	}
	f.ending = f.ending || flags&exiting != 0
	f.ticks, err = strconv.ParseUint(fields[19], 10, 64) // field 22, the third being the first here
	return f, err == nil
}

func parse32(text string) int32 {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return -1
	}
	return int32(n)
}

// machine reads all of /proc.
func machine() map[int32]fact {
	all := map[int32]fact{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		pid, err := strconv.ParseInt(e.Name(), 10, 32)
		if err != nil {
			continue
		}
		if f, ok := factOf("/proc/" + e.Name()); ok {
			all[int32(pid)] = f
		}
	}
	return all
}
